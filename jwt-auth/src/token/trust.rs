//! Whose tokens are accepted: each issuer with keys of its own, and no key for another's tokens (RFC 8725 section 3.8).

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use serde_json::Value;

use super::compact::{self, Compact};
use super::error::TokenError;
use super::header::Header;
use super::json;
use super::ring::{KeyStore, Ring};
use super::verifying_key::VerifyingKey;

/// The issuers, at least one.
#[derive(Debug)]
pub(crate) struct Trust {
    pub(crate) issuers: Vec<Trusted>,
}

/// One issuer.
#[derive(Debug)]
pub(crate) struct Trusted {
    pub(crate) issuer: String,
    pub(crate) keys: KeySource,
}

/// Where an issuer's keys come from.
#[derive(Debug)]
pub(crate) enum KeySource {
    Store(KeyStore),
    Remote(Arc<dyn RemoteRing>),
}

/// Keys that somebody else publishes.
pub(crate) trait RemoteRing: Send + Sync + fmt::Debug {
    /// What is known now. Starts a refresh in the background where it is due.
    fn ring(&self) -> Option<Arc<Ring>>;

    /// A token named a key that is not known.
    fn missed(&self);

    /// Waits for the first keys, and for nothing later.
    fn ready(&self) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send + '_>>;
}

impl Trust {
    /// Waits until the first keys of the token's issuer are there, and for no other's. A fetch that fails is the reason that
    /// the token cannot be checked.
    pub(crate) async fn ready(&self, token: &str) -> Result<(), String> {
        for trusted in &self.issuers {
            let KeySource::Remote(remote) = &trusted.keys else { continue };
            if remote.ring().is_none() && self.may_be_of(trusted, token) {
                return remote.ready().await;
            }
        }
        Ok(())
    }

    /// What the token claims, believed in nothing but whose keys to wait for.
    fn may_be_of(&self, trusted: &Trusted, token: &str) -> bool {
        let claimed = || issuer_of(&compact::decode(Compact::parse(token)?.payload)?);
        self.issuers.len() == 1 || claimed().is_ok_and(|issuer| issuer == trusted.issuer)
    }

    /// The issuer that a token can be of, and the key that its header means. With several issuers the token's own `iss`
    /// says whose keys are asked, before it is believed in anything.
    pub(super) fn find(
        &self,
        header: &Header,
        payload: impl FnOnce() -> Result<Vec<u8>, TokenError>,
    ) -> Result<(&str, VerifyingKey), TokenError> {
        let trusted = match self.issuers.as_slice() {
            [only] => only,
            many => {
                let claimed = issuer_of(&payload()?)?;
                many.iter().find(|trusted| trusted.issuer == claimed).ok_or(TokenError::Issuer)?
            }
        };
        let (ring, remote) = match &trusted.keys {
            KeySource::Store(store) => (store.ring(), None),
            KeySource::Remote(remote) => (remote.ring().ok_or(TokenError::UnknownKey)?, Some(remote)),
        };
        match ring.find(header) {
            Ok(key) => Ok((&trusted.issuer, key.clone())),
            Err(error) => {
                if let (Some(remote), TokenError::UnknownKey) = (remote, &error) {
                    remote.missed();
                }
                Err(error)
            }
        }
    }
}

fn issuer_of(payload: &[u8]) -> Result<String, TokenError> {
    let mut claims = json::object(payload, json::MAX_DEPTH).map_err(|json::NotStrict| TokenError::Payload)?;
    match claims.remove("iss") {
        Some(Value::String(issuer)) => Ok(issuer),
        _ => Err(TokenError::Claim("iss".into())),
    }
}

//! Whose tokens are accepted: each issuer with keys of its own, and no key for another's tokens (RFC 8725 section 3.8).

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use serde_json::Value;

use crate::jose::compact::{self, Compact};
use crate::jose::error::TokenError;
use crate::jose::header::Header;
use crate::jose::json;
use crate::keys::key_set::{KeyStore, Meant, Ring};

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

    /// The number of an issuer's keys that are in force.
    pub(crate) fn ring_of(&self, issuer: usize) -> Option<u64> {
        self.issuers.get(issuer)?.keys.ring().map(|ring| ring.number())
    }

    /// Whether every key is a secret of this service.
    pub(crate) fn has_secrets_alone(&self) -> bool {
        self.issuers.iter().all(|trusted| match &trusted.keys {
            KeySource::Store(store) => store.ring().is_secret(),
            KeySource::Remote(_) => false,
        })
    }

    /// What the token claims, believed in nothing but whose keys to wait for. What is no token waits for none.
    fn may_be_of(&self, trusted: &Trusted, token: &str) -> bool {
        let Ok(parts) = Compact::parse(token) else { return false };
        let claimed = || issuer_of(&compact::decode(parts.payload)?);
        self.issuers.len() == 1 || claimed().is_ok_and(|issuer| issuer == trusted.issuer)
    }

    /// The issuer that a token can be of, and the key that its header means. With several issuers the token's own `iss`
    /// says whose keys are asked, before it is believed in anything.
    pub(crate) fn find(&self, parts: &Compact<'_>) -> Result<Candidate<'_>, TokenError> {
        let read = || Header::parse(&compact::decode(parts.header)?);
        let (place, trusted, header) = match self.issuers.as_slice() {
            [only] => (0, only, None),
            many => {
                let header = read()?;
                let claimed = issuer_of(&compact::decode(parts.payload)?)?;
                let mut places = many.iter().enumerate();
                let (place, trusted) =
                    places.find(|(_, trusted)| trusted.issuer == claimed).ok_or(TokenError::Issuer)?;
                (place, trusted, Some(header))
            }
        };
        let ring = trusted.keys.ring();
        if let Some(ring) = &ring
            && let Some(meant) = ring.accepted(parts.header)
        {
            return Ok(Candidate { place, issuer: &trusted.issuer, ring: Arc::clone(ring), meant, is_accepted: true });
        }
        let header = header.map_or_else(read, Ok)?;
        let ring = ring.ok_or(TokenError::UnknownKey)?;
        match ring.find(&header).cloned() {
            Ok(key) => {
                let meant = Arc::new(Meant { segment: parts.header.into(), header, key });
                Ok(Candidate { place, issuer: &trusted.issuer, ring, meant, is_accepted: false })
            }
            Err(error) => {
                if let (KeySource::Remote(remote), TokenError::UnknownKey) = (&trusted.keys, &error) {
                    remote.missed();
                }
                Err(error)
            }
        }
    }
}

/// Whose token it may be, if the key verifies it.
pub(crate) struct Candidate<'t> {
    /// The issuer's place among the trusted ones.
    pub(crate) place: usize,
    pub(crate) issuer: &'t str,
    pub(crate) ring: Arc<Ring>,
    pub(crate) meant: Arc<Meant>,
    /// Whether the header was on a token that verified before.
    pub(crate) is_accepted: bool,
}

impl KeySource {
    fn ring(&self) -> Option<Arc<Ring>> {
        match self {
            Self::Store(store) => Some(store.ring()),
            Self::Remote(remote) => remote.ring(),
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

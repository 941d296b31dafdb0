//! Whose tokens are accepted: each issuer with keys of its own, and no key for another's tokens (RFC 8725 section 3.8).

use std::sync::Arc;

use serde_json::Value;

use crate::jose::compact::{self, Compact};
use crate::jose::error::TokenError;
use crate::jose::header::Header;
use crate::jose::json;
use crate::keys::key_set::{KeySet, ResolvedHeader};
use crate::keys::source::KeySource;

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

impl Trust {
    /// Waits until the first keys of the token's issuer are there, and for no other's. A fetch that fails is the reason that
    /// the token cannot be checked.
    pub(crate) async fn ready(&self, token: &str) -> Result<(), String> {
        for trusted in &self.issuers {
            let KeySource::Remote(remote) = &trusted.keys else { continue };
            if remote.key_set().is_none() && self.may_be_of(trusted, token) {
                return remote.ready().await;
            }
        }
        Ok(())
    }

    /// The number of an issuer's keys that are in force.
    pub(crate) fn key_set_of(&self, issuer: usize) -> Option<u64> {
        self.issuers.get(issuer)?.keys.key_set().map(|key_set| key_set.number())
    }

    /// Whether every key is a secret of this service.
    pub(crate) fn has_secrets_alone(&self) -> bool {
        self.issuers.iter().all(|trusted| match &trusted.keys {
            KeySource::Given(store) => store.key_set().is_secret(),
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
        let key_set = trusted.keys.key_set();
        if let Some(key_set) = &key_set
            && let Some(resolved) = key_set.accepted(parts.header)
        {
            return Ok(Candidate {
                place,
                issuer: &trusted.issuer,
                key_set: Arc::clone(key_set),
                resolved,
                is_accepted: true,
            });
        }
        let header = header.map_or_else(read, Ok)?;
        let key_set = key_set.ok_or(TokenError::UnknownKey)?;
        match key_set.find(&header).cloned() {
            Ok(key) => {
                let resolved = Arc::new(ResolvedHeader { segment: parts.header.into(), header, key });
                Ok(Candidate { place, issuer: &trusted.issuer, key_set, resolved, is_accepted: false })
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
    pub(crate) key_set: Arc<KeySet>,
    pub(crate) resolved: Arc<ResolvedHeader>,
    /// Whether the header was on a token that verified before.
    pub(crate) is_accepted: bool,
}

fn issuer_of(payload: &[u8]) -> Result<String, TokenError> {
    let mut claims = json::object(payload, json::MAX_DEPTH).map_err(|json::NotStrict| TokenError::Payload)?;
    match claims.remove("iss") {
        Some(Value::String(issuer)) => Ok(issuer),
        _ => Err(TokenError::Claim("iss".into())),
    }
}

//! The issuers whose tokens are accepted. Each has its own keys, which never verify a token of another issuer (RFC 8725
//! section 3.8).

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use crate::jose::compact;
use crate::jose::compact::Compact;
use crate::jose::error::TokenError;
use crate::jose::header::Header;
use crate::jose::json;
use crate::jose::key_error::KeyError;
use crate::keys::jwk_set::VerifyingKeys;
use crate::keys::key_set::KeySet;
use crate::keys::key_set::ResolvedHeader;
use crate::keys::key_set::RotatingKeys;
#[cfg(feature = "remote_jwks")]
use crate::keys::remote::remote_jwks::RemoteJwks;
use crate::keys::source::KeySource;
use crate::keys::source::RemoteKeys;
use crate::keys::verifying_key::VerifyingKey;

/// The trusted issuers. There is at least one.
#[derive(Debug)]
pub(crate) struct Trust {
    pub(crate) issuers: Vec<Trusted>,
}

/// A trusted issuer.
#[derive(Debug)]
pub(crate) struct Trusted {
    pub(crate) issuer: String,
    pub(crate) keys: KeySource,
}

impl Trust {
    /// Waits until the keys of the token's issuer have been fetched for the first time. Keys of other issuers do not
    /// matter. Returns the error if the fetch fails, since the token then cannot be checked.
    pub(crate) async fn wait_for_keys_of(&self, token: &str) -> Result<(), String> {
        for trusted in &self.issuers {
            let KeySource::Remote(remote) = &trusted.keys else { continue };
            if remote.key_set().is_none() && self.may_be_of(trusted, token) {
                return remote.ready().await.map_err(|unavailable| unavailable.error);
            }
        }
        Ok(())
    }

    /// The number of the issuer's current key set.
    pub(crate) fn key_set_of(&self, issuer: usize) -> Option<u64> {
        self.issuers.get(issuer)?.keys.key_set().map(|key_set| key_set.number())
    }

    /// Whether all keys are HMAC secrets.
    pub(crate) fn has_secrets_alone(&self) -> bool {
        self.issuers.iter().all(|trusted| match &trusted.keys {
            KeySource::Given(keys) => keys.key_set().is_secret(),
            KeySource::Remote(_) => false,
        })
    }

    /// Whether the unverified token names this issuer. This only decides which keys to wait for. Text that is not a
    /// token waits for none.
    fn may_be_of(&self, trusted: &Trusted, token: &str) -> bool {
        let Ok(parts) = Compact::parse(token) else { return false };
        let claimed = || issuer_of(&compact::decode(parts.payload)?);
        self.issuers.len() == 1 || claimed().is_ok_and(|issuer| issuer == trusted.issuer)
    }

    /// The issuer that a token may come from, and the key that its header names. With several issuers, the unverified `iss` only
    /// decides which issuer's keys are tried.
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
                    remote.refetch();
                }
                Err(error)
            }
        }
    }
}

/// The issuer of a token, provided that the key verifies it.
pub(crate) struct Candidate<'t> {
    /// The index of the issuer in `Trust::issuers`.
    pub(crate) place: usize,
    pub(crate) issuer: &'t str,
    pub(crate) key_set: Arc<KeySet>,
    pub(crate) resolved: Arc<ResolvedHeader>,
    /// Whether a token with this exact header has verified before.
    pub(crate) is_accepted: bool,
}

fn issuer_of(payload: &[u8]) -> Result<String, TokenError> {
    let mut claims = json::object(payload, json::MAX_DEPTH).map_err(|json::NotStrict| TokenError::Payload)?;
    match claims.remove("iss") {
        Some(Value::String(issuer)) => Ok(issuer),
        _ => Err(TokenError::Claim("iss".into())),
    }
}

/// The keys of a trusted issuer, made from a [`VerifyingKey`], from [`VerifyingKeys`], or, with the feature
/// `remote_jwks`, from a `RemoteJwks` that fetches them.
pub struct TrustedKeys(Source);

enum Source {
    Fixed(VerifyingKeys),
    #[cfg_attr(not(feature = "remote_jwks"), allow(dead_code, reason = "only remote keys are made for an issuer"))]
    Remote(ForIssuer),
}

/// Makes the keys once the name of the issuer is known.
type ForIssuer = Box<dyn FnOnce(&str) -> Result<Arc<dyn RemoteKeys>, KeyError> + Send>;

impl TrustedKeys {
    #[cfg(feature = "remote_jwks")]
    fn remote(make: impl FnOnce(&str) -> Result<Arc<dyn RemoteKeys>, KeyError> + Send + 'static) -> Self {
        Self(Source::Remote(Box::new(make)))
    }

    pub(crate) fn into_source(self, issuer: &str) -> Result<KeySource, KeyError> {
        match self.0 {
            Source::Fixed(keys) => keys.into_key_set().map(RotatingKeys::new).map(KeySource::Given),
            Source::Remote(make) => make(issuer).map(KeySource::Remote),
        }
    }
}

impl From<VerifyingKeys> for TrustedKeys {
    fn from(keys: VerifyingKeys) -> Self {
        Self(Source::Fixed(keys))
    }
}

impl From<VerifyingKey> for TrustedKeys {
    fn from(key: VerifyingKey) -> Self {
        Self::from(VerifyingKeys::from(key))
    }
}

#[cfg(feature = "remote_jwks")]
impl From<RemoteJwks> for TrustedKeys {
    fn from(jwks: RemoteJwks) -> Self {
        Self::remote(move |issuer| jwks.into_key_set(issuer))
    }
}

impl fmt::Debug for TrustedKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Source::Fixed(keys) => keys.fmt(f),
            Source::Remote(_) => f.write_str("RemoteJwks { .. }"),
        }
    }
}

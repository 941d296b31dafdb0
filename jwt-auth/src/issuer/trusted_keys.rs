//! The keys that `trust` accepts for an issuer.

use std::fmt;
use std::sync::Arc;

use crate::jose::key_error::KeyError;
use crate::keys::jwk_set::VerifyingKeys;
use crate::keys::key_set::{KeySet, RotatingKeys};
#[cfg(feature = "remote_jwks")]
use crate::keys::remote::remote_jwks::RemoteJwks;
use crate::keys::source::{KeySource, RemoteKeys};
use crate::keys::verifying_key::VerifyingKey;

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
            Source::Fixed(VerifyingKeys { keys }) => {
                KeySet::new(None, &keys).map(RotatingKeys::new).map(KeySource::Given)
            }
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

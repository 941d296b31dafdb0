//! What `trust` takes for an issuer.

use std::fmt;
use std::sync::Arc;

use crate::issuer::trust::{KeySource, RemoteRing};
use crate::jose::key_error::KeyError;
use crate::keys::jwk_set::VerifyingKeys;
use crate::keys::key_set::{KeyStore, Ring};
use crate::keys::verifying_key::VerifyingKey;

/// The keys of an issuer that is trusted: a [`VerifyingKey`], [`VerifyingKeys`], or with the feature `remote_jwks` a
/// `RemoteJwks` that fetches them.
pub struct TrustedKeys(Source);

enum Source {
    Fixed(VerifyingKeys),
    #[cfg_attr(not(feature = "remote_jwks"), allow(dead_code, reason = "only remote keys are made for an issuer"))]
    Remote(ForIssuer),
}

/// Makes the keys for the issuer that they are bound to.
type ForIssuer = Box<dyn FnOnce(&str) -> Result<Arc<dyn RemoteRing>, KeyError> + Send>;

impl TrustedKeys {
    #[cfg(feature = "remote_jwks")]
    pub(crate) fn remote(make: impl FnOnce(&str) -> Result<Arc<dyn RemoteRing>, KeyError> + Send + 'static) -> Self {
        Self(Source::Remote(Box::new(make)))
    }

    pub(crate) fn into_source(self, issuer: &str) -> Result<KeySource, KeyError> {
        match self.0 {
            Source::Fixed(VerifyingKeys { keys }) => Ring::new(None, &keys).map(KeyStore::new).map(KeySource::Store),
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

impl fmt::Debug for TrustedKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Source::Fixed(keys) => keys.fmt(f),
            Source::Remote(_) => f.write_str("RemoteJwks { .. }"),
        }
    }
}

//! The keys of another issuer: given, or fetched.

use std::fmt;
use std::sync::Arc;

use crate::jose::key_error::KeyError;
use crate::keys::jwk_set::VerifyingKeys;
use crate::keys::key_set::RotatingKeys;
#[cfg(feature = "remote_jwks")]
use crate::keys::remote::remote_jwks::RemoteJwks;
use crate::keys::source::KeySource;
use crate::keys::verifying_key::VerifyingKey;
use crate::observer::Observed;

/// The keys of an issuer, made from a [`VerifyingKey`], from [`VerifyingKeys`], or, with the feature `remote_jwks`, from a
/// `RemoteJwks` that fetches them.
#[derive(Clone)]
pub struct IssuerKeys(Source);

#[derive(Clone)]
enum Source {
    Given(VerifyingKeys),
    #[cfg(feature = "remote_jwks")]
    Remote(Box<RemoteJwks>),
}

impl IssuerKeys {
    /// The settings of keys that are fetched.
    #[cfg(feature = "remote_jwks")]
    pub(crate) fn remote(&self) -> Option<&RemoteJwks> {
        match &self.0 {
            Source::Given(_) => None,
            Source::Remote(remote) => Some(remote),
        }
    }

    /// Reports each fetch, if they are fetched.
    pub(crate) fn observed(
        self,
        #[cfg_attr(not(feature = "remote_jwks"), allow(unused_variables, reason = "given keys are not fetched"))]
        observed: &Observed,
    ) -> Self {
        match self.0 {
            Source::Given(keys) => Self(Source::Given(keys)),
            #[cfg(feature = "remote_jwks")]
            Source::Remote(remote) => Self(Source::Remote(Box::new(remote.observed(observed.clone())))),
        }
    }

    /// Whether the issuer's configuration names them.
    pub(crate) fn are_discovered(&self) -> bool {
        match &self.0 {
            Source::Given(_) => false,
            #[cfg(feature = "remote_jwks")]
            Source::Remote(remote) => remote.depends_on_issuer(),
        }
    }

    /// The keys of this issuer.
    pub(crate) fn into_source(
        self,
        #[cfg_attr(not(feature = "remote_jwks"), allow(unused_variables, reason = "given keys have no URL"))]
        issuer: &str,
    ) -> Result<KeySource, KeyError> {
        match self.0 {
            Source::Given(keys) => keys.into_key_set().map(RotatingKeys::new).map(Arc::new).map(KeySource::Given),
            #[cfg(feature = "remote_jwks")]
            Source::Remote(remote) => remote.into_key_set(issuer).map(KeySource::Remote),
        }
    }
}

/// The keys of the tenants of a template.
pub(crate) enum KeysOfTenants {
    /// All tenants have the same keys.
    Shared(KeySource),
    /// Each tenant publishes its own.
    #[cfg_attr(not(feature = "remote_jwks"), allow(dead_code, reason = "given keys are shared"))]
    Each(Box<IssuerKeys>),
}

impl KeysOfTenants {
    pub(crate) fn new(keys: IssuerKeys, template: &str) -> Result<Self, KeyError> {
        #[cfg(feature = "remote_jwks")]
        if keys.remote().is_some_and(RemoteJwks::depends_on_issuer) {
            return Ok(Self::Each(Box::new(keys)));
        }
        keys.into_source(template).map(Self::Shared)
    }

    /// The keys of one tenant.
    pub(crate) fn of(&self, issuer: &str) -> Result<KeySource, KeyError> {
        match self {
            Self::Shared(source) => Ok(source.clone()),
            Self::Each(keys) => IssuerKeys::clone(keys).into_source(issuer),
        }
    }
}

impl fmt::Debug for KeysOfTenants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Shared(_) => "Shared",
            Self::Each(_) => "Each",
        })
    }
}

impl From<VerifyingKeys> for IssuerKeys {
    fn from(keys: VerifyingKeys) -> Self {
        Self(Source::Given(keys))
    }
}

impl From<VerifyingKey> for IssuerKeys {
    fn from(key: VerifyingKey) -> Self {
        Self::from(VerifyingKeys::from(key))
    }
}

#[cfg(feature = "remote_jwks")]
impl From<RemoteJwks> for IssuerKeys {
    fn from(jwks: RemoteJwks) -> Self {
        Self(Source::Remote(Box::new(jwks)))
    }
}

impl fmt::Debug for IssuerKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Source::Given(keys) => keys.fmt(f),
            #[cfg(feature = "remote_jwks")]
            Source::Remote(remote) => remote.fmt(f),
        }
    }
}

//! A key that verifies, with its one algorithm. `Debug` never shows key data.

use std::fmt;
use std::sync::Arc;

use crate::jose::algorithm::{Algorithm, Family};
use crate::jose::crypto::{BadSignature, Verifier};
use crate::jose::error::TokenError;
use crate::jose::key_error::KeyError;
use crate::jose::public_key::PublicKey;
use crate::keys::formats::Private;
use crate::keys::formats::der::{public_from_der, public_from_pem};
use crate::keys::formats::jwk::{Jwk, JwkKey, thumbprint};
use crate::keys::formats::secret::check_secret;

/// A key that verifies: a public key or an HMAC secret. Cloning is cheap.
#[derive(Clone)]
pub struct VerifyingKey {
    inner: Arc<Verifying>,
}

struct Verifying {
    algorithm: Algorithm,
    kid: Option<String>,
    verifier: Verifier,
    /// `None` for an HMAC secret, which is never published.
    public: Option<PublicKey>,
    /// The `issuer` of a published key, if its issuers are told apart by it.
    issuer: Option<String>,
}

impl VerifyingKey {
    /// An HMAC secret. The bytes are used as they are.
    ///
    /// # Errors
    ///
    /// As [`Keys::hs256`](crate::keys::own_keys::Keys::hs256).
    pub fn from_secret(algorithm: Algorithm, secret: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        is_hmac(algorithm)?;
        check_secret(algorithm, secret.as_ref())?;
        Self::of_secret(algorithm, secret.as_ref())
    }

    /// A public key in PEM: `BEGIN PUBLIC KEY` or `BEGIN RSA PUBLIC KEY`. The `kid` is its thumbprint (RFC 7638) unless
    /// [`with_kid`](Self::with_kid) sets another.
    ///
    /// # Errors
    ///
    /// [`KeyError`] if the format is not supported, the algorithm needs another kind of key, or the size is not
    /// accepted.
    pub fn from_pem(algorithm: Algorithm, pem: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        Self::of_public(algorithm, public_from_pem(algorithm, pem.as_ref())?)
    }

    /// A public key in DER: SubjectPublicKeyInfo (RFC 5280), or PKCS#1 for RSA. Otherwise as [`from_pem`](Self::from_pem).
    ///
    /// # Errors
    ///
    /// As [`from_pem`](Self::from_pem).
    pub fn from_der(algorithm: Algorithm, der: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        Self::of_public(algorithm, public_from_der(algorithm, der.as_ref())?)
    }

    /// A JWK (RFC 7517) with `alg`: a public key, or an HMAC secret (`oct`). Of a private key, only the public key is
    /// used. The name is the JWK's `kid`. Without it, an HMAC secret has no name, and a public key is named as in
    /// [`from_pem`](Self::from_pem).
    ///
    /// # Errors
    ///
    /// [`KeyError::Jwk`] if members are missing or contradict each other, otherwise as [`from_pem`](Self::from_pem).
    pub fn from_jwk(json: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        Self::of_jwk(Jwk::from_json(json.as_ref())?)
    }

    pub(crate) fn of_jwk(jwk: Jwk) -> Result<Self, KeyError> {
        let key = match jwk.key {
            JwkKey::Secret(secret) => Self::from_secret(jwk.algorithm, &*secret)?,
            JwkKey::Public(public) | JwkKey::Private(Private { public, .. }) => Self::of_public(jwk.algorithm, public)?,
        };
        Ok(match jwk.kid {
            Some(kid) => key.with_kid(kid),
            None => key,
        })
    }

    pub(crate) fn of_secret(algorithm: Algorithm, secret: &[u8]) -> Result<Self, KeyError> {
        let verifier = Verifier::from_secret(algorithm, secret)?;
        Ok(Self { inner: Arc::new(Verifying { algorithm, kid: None, verifier, public: None, issuer: None }) })
    }

    pub(crate) fn of_public(algorithm: Algorithm, public: PublicKey) -> Result<Self, KeyError> {
        public.check(algorithm)?;
        let verifier = Verifier::from_public(algorithm, &public)?;
        let kid = Some(thumbprint(&public)?);
        Ok(Self { inner: Arc::new(Verifying { algorithm, kid, verifier, public: Some(public), issuer: None }) })
    }

    /// Sets the `kid`, like [`Keys::with_kid`](crate::keys::own_keys::Keys::with_kid).
    #[must_use]
    pub fn with_kid(self, kid: impl Into<String>) -> Self {
        let kid = kid.into();
        // An empty `kid` in a header counts as absent.
        if kid.is_empty() { self } else { self.changed(|key| key.kid = Some(kid)) }
    }

    /// Sets the issuer whose tokens the key may verify.
    pub(crate) fn with_issuer(self, issuer: Option<String>) -> Self {
        self.changed(|key| key.issuer = issuer)
    }

    fn changed(self, change: impl FnOnce(&mut Verifying)) -> Self {
        let Verifying { algorithm, kid, verifier, public, issuer } = &*self.inner;
        let mut new = Verifying {
            algorithm: *algorithm,
            kid: kid.clone(),
            verifier: verifier.clone(),
            public: public.clone(),
            issuer: issuer.clone(),
        };
        change(&mut new);
        Self { inner: Arc::new(new) }
    }

    /// The only algorithm that this key verifies.
    pub fn algorithm(&self) -> Algorithm {
        self.inner.algorithm
    }

    /// The name that tokens carry in their `kid` header parameter. `None` for an HMAC secret without a name.
    pub fn kid(&self) -> Option<&str> {
        self.inner.kid.as_deref()
    }

    pub(crate) fn is_secret(&self) -> bool {
        self.inner.public.is_none()
    }

    pub(crate) fn public(&self) -> Option<&PublicKey> {
        self.inner.public.as_ref()
    }

    /// Whether the key may verify tokens of this issuer. A published key may name the one issuer that it is for, or, with
    /// `{tenantid}` in the name, be for every tenant of its provider.
    pub(crate) fn serves(&self, issuer: &str) -> bool {
        self.inner.issuer.as_deref().is_none_or(|named| named.contains("{tenantid}") || named == issuer)
    }

    /// Whether both are the same public key, with the same name, algorithm and issuer. Secrets are never compared.
    #[cfg_attr(not(feature = "remote_jwks"), allow(dead_code, reason = "only fetched sets are compared"))]
    pub(crate) fn is_same_as(&self, other: &Self) -> bool {
        let (one, other) = (&*self.inner, &*other.inner);
        one.public.is_some()
            && one.public == other.public
            && (one.algorithm, &one.kid, &one.issuer) == (other.algorithm, &other.kid, &other.issuer)
    }

    pub(crate) fn mac(&self, input: &[u8]) -> Result<Vec<u8>, KeyError> {
        self.inner.verifier.mac(input)
    }

    pub(crate) fn verify(&self, input: &str, signature: &[u8]) -> Result<(), TokenError> {
        self.verify_bytes(input.as_bytes(), signature)
    }

    pub(crate) fn verify_bytes(&self, input: &[u8], signature: &[u8]) -> Result<(), TokenError> {
        self.inner.verifier.verify(input, signature).map_err(|BadSignature| TokenError::Signature)
    }
}

pub(crate) fn is_hmac(algorithm: Algorithm) -> Result<(), KeyError> {
    match algorithm.family() {
        Family::Hmac => Ok(()),
        _ => Err(KeyError::WrongKind { algorithm, found: "a secret" }),
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Verifying { algorithm, kid, .. } = &*self.inner;
        f.debug_struct("VerifyingKey").field("algorithm", algorithm).field("kid", kid).finish_non_exhaustive()
    }
}

//! Key rotation while a backend runs.

use std::sync::Arc;

use crate::backend::Backend;
use crate::backend::Mode;
use crate::hooks::AuthBackend;
use crate::jose::key_error::KeyError;
use crate::keys::key_set::RotatingKeys;
use crate::keys::signing_key::SigningKey;
use crate::keys::source::KeySource;
use crate::keys::verifying_key::VerifyingKey;

/// To rotate keys without downtime, take three steps, each on every instance before the next one. First
/// [`add_key`](Self::add_key) the new key, so that its tokens verify. Then
/// [`switch_signing_key`](Backend::switch_signing_key) to it. Once the last token of the old key has expired,
/// [`retire_key`](Self::retire_key) the old key. A request sees the keys either before or after a step.
///
/// ```no_run
/// # use jwt_auth::{auth_backend, JwtUser, Keys, Algorithm, keys::SigningKey};
/// # #[derive(Clone, JwtUser)] struct User { #[jwt_user(id)] id: u64 }
/// # #[auth_backend(kind = "bearer", user = User)] struct Auth;
/// # let old = Keys::hs256("q3v0J7mX2kD9fS1aLw8ZpT4cYb6NuRhGeVxKoMiQs5E")?.with_kid("2025");
/// # let auth = Auth.backend().keys(old).issuer("me").build()?;
/// # let secret = "W5vJ7mX2kD9fS1aLw8ZpT4cYb6NuRhGeVxKoMiQs5Eq3";
/// let new = SigningKey::from_secret(Algorithm::HS256, secret)?.with_kid("2026");
/// auth.add_key(new.verifying_key().clone())?;
/// auth.switch_signing_key(new)?;
/// auth.retire_key("2025")?;
/// assert_eq!(auth.key_ids(), [Some("2026".to_owned())]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// The new key may be of another kind: a service that began with an HMAC secret can move to a key pair, whose public key
/// other services can verify with. As long as there are keys of both kinds, every token must name its key. So if the secret
/// has no name, first name it with [`with_kid`](crate::Keys::with_kid) and wait for one `lifetime`. A token is verified with
/// the key of its `kid` and `alg`, so no header can make the public key act as a secret.
///
/// ```no_run
/// # use jwt_auth::{auth_backend, JwtUser, Keys, Algorithm, keys::SigningKey};
/// # #[derive(Clone, JwtUser)] struct User { #[jwt_user(id)] id: u64 }
/// # #[auth_backend(kind = "bearer", user = User)] struct Auth;
/// let secret = Keys::hs256_from_env("JWT_SECRET")?.with_kid("secret");
/// let auth = Auth.backend().keys(secret).issuer("https://api.example.com").build()?;
/// let pair = SigningKey::from_pem_file(Algorithm::ES256, "/run/secrets/key.pem")?;
/// auth.add_key(pair.verifying_key().clone())?;
/// auth.switch_signing_key(pair)?;
/// // One `lifetime` later:
/// auth.retire_key("secret")?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
impl<A: AuthBackend, M: Mode> Backend<A, M> {
    /// Also accepts tokens that this key signed, from now on. The key belongs to the backend's own issuer. For a backend that only
    /// verifies, it belongs to the first issuer.
    ///
    /// # Errors
    ///
    /// [`KeyError::DuplicateName`], [`KeyError::MixedKinds`] if there are then HMAC secrets and public keys and a secret has
    /// no name, or [`KeyError::Remote`] if the issuer's keys are fetched. After an error the keys are unchanged.
    #[doc(alias("rotate"))]
    pub fn add_key(&self, key: VerifyingKey) -> Result<(), KeyError> {
        self.rotating_keys()?.add(key)?;
        self.clear_token_cache();
        Ok(())
    }

    /// Removes a key: the tokens that it signed are refused from now on. `None` names the HMAC secret without a name.
    ///
    /// # Errors
    ///
    /// [`KeyError::Unknown`], [`KeyError::Signing`] for the signing key, [`KeyError::NoKey`] for the last one, or
    /// [`KeyError::Remote`] if the issuer's keys are fetched. After an error the keys are unchanged.
    #[doc(alias("rotate"))]
    pub fn retire_key<'k>(&self, kid: impl Into<Option<&'k str>>) -> Result<(), KeyError> {
        self.rotating_keys()?.retire(kid.into())?;
        self.clear_token_cache();
        Ok(())
    }

    /// The names of all keys that verify, sorted. `None` is an HMAC secret without a name.
    pub fn key_ids(&self) -> Vec<Option<String>> {
        let issuers = self.stages.authenticator.trust.each_one();
        let key_sets = issuers.iter().filter_map(|trusted| trusted.keys.as_ref()?.key_set());
        let mut kids: Vec<_> = key_sets.flat_map(|key_set| key_set.kids()).collect();
        kids.sort();
        kids
    }

    /// The public keys as a JWK Set (RFC 7517 section 5), without HMAC secrets. Empty for a backend that only verifies.
    #[doc(alias("JWKS", "jwk_set"))]
    pub fn jwks(&self) -> String {
        self.stages.jwks()
    }

    /// Clears the token cache. A look-up never returns an entry of an earlier key set, so such entries only take up room.
    fn clear_token_cache(&self) {
        if let Some(cache) = &self.stages.authenticator.tokens {
            cache.clear();
        }
    }

    fn rotating_keys(&self) -> Result<Arc<RotatingKeys>, KeyError> {
        match self.stages.authenticator.trust.each_one().first().and_then(|trusted| trusted.keys.as_ref()) {
            Some(KeySource::Given(keys)) => Ok(Arc::clone(keys)),
            Some(KeySource::Remote(_)) => Err(KeyError::Remote),
            None => Err(KeyError::NoKey),
        }
    }
}

impl<A: AuthBackend> Backend<A> {
    /// Signs new tokens with this key from now on. The previous signing key still verifies.
    ///
    /// # Errors
    ///
    /// [`KeyError::MixedKinds`], [`KeyError::LongName`], or [`KeyError::SelfTest`] if the private and the public key do
    /// not match. After an error the keys are unchanged.
    #[doc(alias("rotate"))]
    pub fn switch_signing_key(&self, key: SigningKey) -> Result<(), KeyError> {
        self.rotating_keys()?.switch(key)?;
        self.clear_token_cache();
        Ok(())
    }
}

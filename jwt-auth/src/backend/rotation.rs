//! Keys that change while a backend runs.

use crate::backend::Backend;
use crate::backend::mode::Mode;
use crate::hooks::AuthBackend;
use crate::issuer::trust::Trusted;
use crate::jose::key_error::KeyError;
use crate::keys::key_set::RotatingKeys;
use crate::keys::signing_key::SigningKey;
use crate::keys::source::KeySource;
use crate::keys::verifying_key::VerifyingKey;

/// Rotation without downtime takes three steps, on every instance before the next: [`add_key`](Self::add_key) the new
/// key, so that its tokens verify; [`switch_signing_key`](Backend::switch_signing_key) to it; and, once the last token of
/// the old key has expired, [`retire_key`](Self::retire_key) that. Each step is one change: a request sees the keys
/// before it or after it.
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
impl<A: AuthBackend, M: Mode> Backend<A, M> {
    /// Accepts the tokens of another key too, from now on. With several trusted issuers it is a key of the first.
    ///
    /// # Errors
    ///
    /// [`KeyError::DuplicateName`], [`KeyError::MixedKinds`], or [`KeyError::Remote`] where the issuer's keys are fetched.
    /// Nothing is changed then.
    pub fn add_key(&self, key: VerifyingKey) -> Result<(), KeyError> {
        self.store()?.add(key)?;
        self.forget_verified();
        Ok(())
    }

    /// Refuses what a key signed, from now on. `None` is a secret that has no name.
    ///
    /// # Errors
    ///
    /// [`KeyError::Unknown`], [`KeyError::Signing`] for the key that signs, [`KeyError::NoKey`] for the last one, or
    /// [`KeyError::Remote`]. Nothing is changed then.
    pub fn retire_key<'k>(&self, kid: impl Into<Option<&'k str>>) -> Result<(), KeyError> {
        self.store()?.retire(kid.into())?;
        self.forget_verified();
        Ok(())
    }

    /// The names of the keys that verify, sorted. `None` is a secret that has no name.
    pub fn key_ids(&self) -> Vec<Option<String>> {
        let key_set = |trusted: &Trusted| match &trusted.keys {
            KeySource::Given(store) => Some(store.key_set()),
            KeySource::Remote(remote) => remote.key_set(),
        };
        let mut kids: Vec<_> = self
            .stages
            .authenticator
            .trust
            .issuers
            .iter()
            .filter_map(key_set)
            .flat_map(|key_set| key_set.kids())
            .collect();
        kids.sort();
        kids
    }

    /// The public keys as a JWK Set (RFC 7517 section 5); secrets are not among them.
    pub fn jwks(&self) -> String {
        self.stages.jwks()
    }

    /// What verified with the keys before would not be found again; its room is better used.
    fn forget_verified(&self) {
        if let Some(cache) = &self.stages.authenticator.tokens {
            cache.clear();
        }
    }

    fn store(&self) -> Result<&RotatingKeys, KeyError> {
        match self.stages.authenticator.trust.issuers.first().map(|trusted| &trusted.keys) {
            Some(KeySource::Given(store)) => Ok(store),
            Some(KeySource::Remote(_)) => Err(KeyError::Remote),
            None => Err(KeyError::NoKey),
        }
    }
}

impl<A: AuthBackend> Backend<A> {
    /// Signs with another key from now on. The one that signed goes on verifying.
    ///
    /// # Errors
    ///
    /// [`KeyError::MixedKinds`], or [`KeyError::SelfTest`] where the key's halves do not belong together. Nothing is
    /// changed then.
    pub fn switch_signing_key(&self, key: SigningKey) -> Result<(), KeyError> {
        self.store()?.switch(key)?;
        self.forget_verified();
        Ok(())
    }
}

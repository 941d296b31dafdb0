//! The keys of a backend that issues tokens.

use std::path::Path;

use zeroize::Zeroizing;

use crate::jose::algorithm::Algorithm;
use crate::jose::key_error::KeyError;
use crate::keys::key_set::KeySet;
use crate::keys::signing_key::{SigningKey, from_env};
use crate::keys::verifying_key::VerifyingKey;

/// The keys of a backend that issues tokens: one key that signs, and any number of other keys that only verify. No two have
/// the same name. `Debug` shows algorithms and names, never key data.
///
/// The keys may be HMAC secrets and key pairs if each has a name, so that a service can move from one kind to the other while
/// tokens are out. Then a token without `kid` is refused. [`KeyError::MixedKinds`] says what to do about a secret without a
/// name.
///
/// ```no_run
/// use jwt_auth::{Algorithm, Keys};
/// let keys = Keys::hs256_from_env("JWT_SECRET")?;
/// let keys = Keys::from_pem_file(Algorithm::ES256, "/run/secrets/key.pem")?;
/// assert!(Keys::hs256("too short").is_err());
/// # Ok::<(), jwt_auth::keys::KeyError>(())
/// ```
#[derive(Clone, Debug)]
#[doc(alias("secret", "JWT_SECRET", "jwt_secret"))]
pub struct Keys {
    signing: SigningKey,
    verifying: Vec<VerifyingKey>,
}

impl Keys {
    /// An HMAC secret for `HS256` (HMAC with SHA-256). The bytes are used as they are: base64 is not decoded.
    ///
    /// # Errors
    ///
    /// [`KeyError::TooShort`] for fewer than 32 bytes; [`KeyError::Weak`] for a secret that can be guessed, such as a
    /// text of fewer than 43 characters (RFC 8725 section 3.5); [`KeyError::KeyAsSecret`] for a key of another kind.
    pub fn hs256(secret: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        SigningKey::from_secret(Algorithm::HS256, secret).map(Self::from)
    }

    /// An HMAC secret for `HS384` (HMAC with SHA-384). Otherwise like [`hs256`](Self::hs256).
    ///
    /// # Errors
    ///
    /// [`KeyError::TooShort`] for fewer than 48 bytes, otherwise as [`hs256`](Self::hs256).
    pub fn hs384(secret: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        SigningKey::from_secret(Algorithm::HS384, secret).map(Self::from)
    }

    /// An HMAC secret for `HS512` (HMAC with SHA-512). Otherwise like [`hs256`](Self::hs256).
    ///
    /// # Errors
    ///
    /// [`KeyError::TooShort`] for fewer than 64 bytes, otherwise as [`hs256`](Self::hs256).
    pub fn hs512(secret: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        SigningKey::from_secret(Algorithm::HS512, secret).map(Self::from)
    }

    /// Reads the secret for [`hs256`](Self::hs256) from an environment variable.
    ///
    /// # Errors
    ///
    /// [`KeyError::NotSet`] if the variable is not set or not Unicode, otherwise as [`hs256`](Self::hs256).
    pub fn hs256_from_env(variable: &str) -> Result<Self, KeyError> {
        Self::hs256(&*from_env(variable)?)
    }

    /// Reads the secret for [`hs384`](Self::hs384) from an environment variable.
    ///
    /// # Errors
    ///
    /// As [`hs256_from_env`](Self::hs256_from_env).
    pub fn hs384_from_env(variable: &str) -> Result<Self, KeyError> {
        Self::hs384(&*from_env(variable)?)
    }

    /// Reads the secret for [`hs512`](Self::hs512) from an environment variable.
    ///
    /// # Errors
    ///
    /// As [`hs256_from_env`](Self::hs256_from_env).
    pub fn hs512_from_env(variable: &str) -> Result<Self, KeyError> {
        Self::hs512(&*from_env(variable)?)
    }

    /// A new random secret for `HS256`, with a random `kid`. Tokens become invalid when the process ends, so
    /// use this only in examples and tests.
    ///
    /// # Errors
    ///
    /// [`KeyError::Random`] if the operating system gives no random numbers.
    pub fn hs256_ephemeral() -> Result<Self, KeyError> {
        let mut secret = Zeroizing::new([0_u8; 32]);
        let mut name = [0_u8; 9];
        getrandom::fill(secret.as_mut()).map_err(|_| KeyError::Random)?;
        getrandom::fill(&mut name).map_err(|_| KeyError::Random)?;
        Ok(Self::hs256(secret.as_ref())?.with_kid(crate::jose::compact::encode(&name)))
    }

    /// A private key in PEM. See [`SigningKey::from_pem`] for the formats.
    ///
    /// # Errors
    ///
    /// As [`SigningKey::from_pem`].
    pub fn from_pem(algorithm: Algorithm, pem: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        SigningKey::from_pem(algorithm, pem).map(Self::from)
    }

    /// A private key in PEM from an environment variable. See [`SigningKey::from_pem_env`].
    ///
    /// # Errors
    ///
    /// As [`SigningKey::from_pem_env`].
    pub fn from_pem_env(algorithm: Algorithm, variable: &str) -> Result<Self, KeyError> {
        SigningKey::from_pem_env(algorithm, variable).map(Self::from)
    }

    /// A private key from a PEM file. See [`SigningKey::from_pem_file`].
    ///
    /// # Errors
    ///
    /// As [`SigningKey::from_pem_file`].
    pub fn from_pem_file(algorithm: Algorithm, path: impl AsRef<Path>) -> Result<Self, KeyError> {
        SigningKey::from_pem_file(algorithm, path).map(Self::from)
    }

    /// A private key in DER. See [`SigningKey::from_der`] for the formats.
    ///
    /// # Errors
    ///
    /// As [`SigningKey::from_der`].
    pub fn from_der(algorithm: Algorithm, der: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        SigningKey::from_der(algorithm, der).map(Self::from)
    }

    /// A private key or HMAC secret as a JWK. See [`SigningKey::from_jwk`].
    ///
    /// # Errors
    ///
    /// As [`SigningKey::from_jwk`].
    pub fn from_jwk(json: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        SigningKey::from_jwk(json).map(Self::from)
    }

    /// Names the signing key. New tokens carry the name in their `kid` header parameter, and a token with an unknown
    /// `kid` is refused. `build()` fails if the name is longer than 256 bytes. An empty name changes nothing, because an empty
    /// `kid` counts as absent.
    #[must_use]
    pub fn with_kid(self, kid: impl Into<String>) -> Self {
        Self { signing: self.signing.with_kid(kid), verifying: self.verifying }
    }

    /// Also accepts tokens of another key, for example the previous or the next signing key, which may be of another kind.
    /// `build()` fails if two keys have the same name, or if there are HMAC secrets and public keys and a secret has no name.
    #[must_use]
    pub fn also_verify(mut self, key: VerifyingKey) -> Self {
        self.verifying.push(key);
        self
    }

    /// The algorithm of the signing key.
    pub fn algorithm(&self) -> Algorithm {
        self.signing.verifying_key().algorithm()
    }

    pub(crate) fn into_key_set(self) -> Result<KeySet, KeyError> {
        KeySet::new(Some(self.signing), &self.verifying)
    }
}

impl From<SigningKey> for Keys {
    fn from(signing: SigningKey) -> Self {
        Self { signing, verifying: Vec::new() }
    }
}

#[cfg(all(test, any(feature = "aws_lc_rs", feature = "rust_crypto")))]
mod tests {
    use super::*;

    // KEY-11, REL-06
    #[test]
    fn key_data_is_not_printed() {
        let keys = Keys::hs256("q3v0J7mX2kD9fS1aLw8ZpT4cYb6NuRhGeVxKoMiQs5E").unwrap().with_kid("k1");
        let printed = format!("{keys:?} {keys:#?}");
        assert!(!printed.contains("q3v0") && printed.contains("k1") && printed.contains("HS256"), "{printed}");
        let error = Keys::hs256("q3v0J7mX").unwrap_err();
        assert!(!format!("{error} {error:?}").contains("q3v0"));
    }

    #[test]
    fn an_absent_variable_is_named() {
        let error = Keys::hs256_from_env("JWT_AUTH_TEST_NOT_SET").unwrap_err();
        assert_eq!(
            error.to_string(),
            "the environment variable `JWT_AUTH_TEST_NOT_SET` is not set; for an HMAC secret make one with `openssl rand -base64 48`"
        );
        assert_eq!(Keys::from_pem_env(Algorithm::ES256, "JWT_AUTH_TEST_NOT_SET").unwrap_err(), error);
    }

    #[test]
    fn an_absent_file_is_named() {
        let error = Keys::from_pem_file(Algorithm::ES256, "/nowhere/key.pem").unwrap_err().to_string();
        assert!(error.starts_with("the key file `/nowhere/key.pem` cannot be read: "), "{error}");
    }
}

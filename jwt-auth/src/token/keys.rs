//! Keys: one key, one algorithm, one purpose. Material never prints.

use std::fmt;
use std::sync::Arc;

use jsonwebtoken::EncodingKey;
use zeroize::Zeroizing;

use super::algorithm::Algorithm;
use super::crypto::{self, HmacVerifier};
use super::key_error::KeyError;
use super::{TokenError, compact};

/// What a backend signs and verifies with. A cheap clone; `Debug` shows the algorithm and nothing else.
///
/// ```no_run
/// use jwt_auth::Keys;
/// let keys = Keys::hs256("c29tZXRoaW5nLXRoYXQtbm8tb25lLWNhbi1ndWVzcw")?;
/// assert_eq!(format!("{keys:?}"), r#"Keys { algorithm: HS256, kid: None, .. }"#);
/// assert!(Keys::hs256("too short").is_err());
/// # Ok::<(), jwt_auth::KeyError>(())
/// ```
#[derive(Clone)]
pub struct Keys {
    inner: Arc<Key>,
}

struct Key {
    algorithm: Algorithm,
    kid: Option<String>,
    /// Zeroized on drop by its crate.
    signing: EncodingKey,
    /// The same key with its schedule computed once; no request prepares a key.
    verifying: HmacVerifier,
}

impl Keys {
    /// HMAC with SHA-256. The secret's bytes are used as they are, so a base64 text is not decoded.
    ///
    /// # Errors
    ///
    /// [`KeyError::TooShort`] under 32 bytes.
    pub fn hs256(secret: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        Self::hmac(Algorithm::HS256, secret.as_ref())
    }

    /// HMAC with SHA-384, otherwise as [`hs256`](Self::hs256).
    ///
    /// # Errors
    ///
    /// [`KeyError::TooShort`] under 48 bytes.
    pub fn hs384(secret: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        Self::hmac(Algorithm::HS384, secret.as_ref())
    }

    /// HMAC with SHA-512, otherwise as [`hs256`](Self::hs256).
    ///
    /// # Errors
    ///
    /// [`KeyError::TooShort`] under 64 bytes.
    pub fn hs512(secret: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        Self::hmac(Algorithm::HS512, secret.as_ref())
    }

    /// [`hs256`](Self::hs256) with the bytes of an environment variable.
    ///
    /// # Errors
    ///
    /// [`KeyError::NotSet`] names the variable where it is absent or not Unicode, else as [`hs256`](Self::hs256).
    pub fn hs256_from_env(variable: &str) -> Result<Self, KeyError> {
        Self::hs256(&*from_env(variable)?)
    }

    /// [`hs384`](Self::hs384) with the bytes of an environment variable.
    ///
    /// # Errors
    ///
    /// As [`hs256_from_env`](Self::hs256_from_env).
    pub fn hs384_from_env(variable: &str) -> Result<Self, KeyError> {
        Self::hs384(&*from_env(variable)?)
    }

    /// [`hs512`](Self::hs512) with the bytes of an environment variable.
    ///
    /// # Errors
    ///
    /// As [`hs256_from_env`](Self::hs256_from_env).
    pub fn hs512_from_env(variable: &str) -> Result<Self, KeyError> {
        Self::hs512(&*from_env(variable)?)
    }

    /// HMAC with SHA-256 and a secret made now from the operating system's random numbers. Every token dies with the
    /// process, so this is for examples and tests.
    ///
    /// # Errors
    ///
    /// [`KeyError::Random`] where the operating system gives none.
    pub fn hs256_ephemeral() -> Result<Self, KeyError> {
        let mut secret = Zeroizing::new([0_u8; 32]);
        getrandom::fill(secret.as_mut()).map_err(|_| KeyError::Random)?;
        Self::hs256(secret.as_ref())
    }

    /// Names the key. The name travels in the `kid` header parameter, and a token that names another is refused.
    /// A name longer than 256 bytes is never accepted.
    #[must_use]
    pub fn with_kid(self, kid: impl Into<String>) -> Self {
        let Key { algorithm, signing, verifying, .. } = &*self.inner;
        let key = Key {
            algorithm: *algorithm,
            kid: Some(kid.into()),
            signing: signing.clone(),
            verifying: verifying.clone(),
        };
        Self { inner: Arc::new(key) }
    }

    /// The algorithm that these keys sign with, the only one they verify.
    pub fn algorithm(&self) -> Algorithm {
        self.inner.algorithm
    }

    pub(super) fn kid(&self) -> Option<&str> {
        self.inner.kid.as_deref()
    }

    fn hmac(algorithm: Algorithm, secret: &[u8]) -> Result<Self, KeyError> {
        let min = algorithm.min_key_len();
        if secret.len() < min {
            return Err(KeyError::TooShort { algorithm, min, found: secret.len() });
        }
        let verifying = HmacVerifier::new(algorithm, secret)?;
        let signing = EncodingKey::from_secret(secret);
        Ok(Self { inner: Arc::new(Key { algorithm, kid: None, signing, verifying }) })
    }

    /// `input` is `header.payload`; the answer is the third segment.
    pub(super) fn sign(&self, input: &str) -> Result<String, KeyError> {
        let Key { algorithm, signing, .. } = &*self.inner;
        crypto::sign(*algorithm, signing, input.as_bytes()).map(|signature| compact::encode(&signature))
    }

    pub(super) fn verify(&self, input: &str, signature: &[u8]) -> Result<(), TokenError> {
        self.inner.verifying.verify(input.as_bytes(), signature).map_err(|crypto::BadSignature| TokenError::Signature)
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Key { algorithm, kid, .. } = &*self.inner;
        f.debug_struct("Keys").field("algorithm", algorithm).field("kid", kid).finish_non_exhaustive()
    }
}

fn from_env(variable: &str) -> Result<Zeroizing<String>, KeyError> {
    std::env::var(variable).map(Zeroizing::new).map_err(|_| KeyError::NotSet { variable: variable.to_owned() })
}

#[cfg(all(test, any(feature = "aws_lc_rs", feature = "rust_crypto")))]
mod tests {
    use super::*;

    // KEY-01
    #[test]
    fn a_secret_is_at_least_as_long_as_the_hash() {
        for (make, min) in
            [(Keys::hs256 as fn(Vec<u8>) -> Result<Keys, KeyError>, 32), (Keys::hs384, 48), (Keys::hs512, 64)]
        {
            assert!(make(vec![7; min]).is_ok());
            let error = make(vec![7; min - 1]).unwrap_err();
            assert!(matches!(error, KeyError::TooShort { min: m, .. } if m == min));
            assert!(make(Vec::new()).is_err());
        }
    }

    // KEY-11, REL-06
    #[test]
    fn no_material_is_printed() {
        let keys = Keys::hs256("correct-horse-battery-staple-1234").unwrap().with_kid("k1");
        let printed = format!("{keys:?} {keys:#?}");
        assert!(!printed.contains("horse") && printed.contains("k1"), "{printed}");
        let error = Keys::hs256("horse").unwrap_err();
        assert!(!format!("{error} {error:?}").contains("horse"));
    }

    #[test]
    fn an_absent_variable_is_named() {
        let error = Keys::hs256_from_env("JWT_AUTH_TEST_NOT_SET").unwrap_err();
        assert_eq!(error.to_string(), "the environment variable `JWT_AUTH_TEST_NOT_SET` is not set");
    }
}

//! A key that signs, together with the key that verifies its signatures. `Debug` never shows key data.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use jsonwebtoken::crypto::JwtSigner;

use zeroize::Zeroizing;

use crate::cause::Cause;
use crate::jose::algorithm::Algorithm;
use crate::jose::header::MAX_KID;
use crate::jose::key_error::KeyError;
use crate::jose::{compact, crypto};
use crate::keys::formats::Private;
use crate::keys::formats::der::{private_from_der, private_from_pem};
use crate::keys::formats::jwk::{Jwk, JwkKey};
use crate::keys::formats::secret::check_secret;
use crate::keys::verifying_key::{VerifyingKey, is_hmac};

/// A key that signs: a private key or an HMAC secret. It includes the key that verifies. Cloning is cheap.
#[derive(Clone)]
pub struct SigningKey {
    signing: Signing,
    verifying: VerifyingKey,
    /// The encoded header of the tokens that it signs.
    header: Arc<str>,
}

#[derive(Clone)]
enum Signing {
    /// An HMAC secret: the verifying key signs.
    Secret,
    /// A private key. The crypto crates zeroize it on drop.
    Private(Arc<dyn JwtSigner + Send + Sync>),
}

impl SigningKey {
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

    /// A weak HMAC secret, for a service that already uses one. It must be as long as the algorithm requires, but is
    /// not checked for being guessable. Everybody who has one token can try to guess the secret offline.
    ///
    /// # Errors
    ///
    /// [`KeyError::TooShort`].
    pub fn insecure_from_weak_secret(algorithm: Algorithm, secret: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        is_hmac(algorithm)?;
        match check_secret(algorithm, secret.as_ref()) {
            Ok(()) | Err(KeyError::Weak(_)) => Self::of_secret(algorithm, secret.as_ref()),
            Err(error) => Err(error),
        }
    }

    /// A private key in PEM: PKCS#8 (`BEGIN PRIVATE KEY`), PKCS#1 (`BEGIN RSA PRIVATE KEY`) or SEC 1
    /// (`BEGIN EC PRIVATE KEY`). The `kid` is the thumbprint of the public key (RFC 7638) unless
    /// [`with_kid`](Self::with_kid) sets another.
    ///
    /// # Errors
    ///
    /// [`KeyError`] if the format is not supported, the key is encrypted, the algorithm needs another kind of key, or
    /// the size is not accepted.
    pub fn from_pem(algorithm: Algorithm, pem: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        Self::of_private(algorithm, private_from_pem(algorithm, pem.as_ref())?)
    }

    /// Reads the text for [`from_pem`](Self::from_pem) from an environment variable. If the text has no line breaks,
    /// `\n` (a backslash and an `n`) stands for one.
    ///
    /// # Errors
    ///
    /// [`KeyError::NotSet`], otherwise as [`from_pem`](Self::from_pem).
    pub fn from_pem_env(algorithm: Algorithm, variable: &str) -> Result<Self, KeyError> {
        let text = from_env(variable)?;
        if text.contains('\n') {
            return Self::from_pem(algorithm, text.as_bytes());
        }
        Self::from_pem(algorithm, Zeroizing::new(text.replace("\\n", "\n")).as_bytes())
    }

    /// Reads the text for [`from_pem`](Self::from_pem) from a file.
    ///
    /// # Errors
    ///
    /// [`KeyError::File`], otherwise as [`from_pem`](Self::from_pem).
    pub fn from_pem_file(algorithm: Algorithm, path: impl AsRef<Path>) -> Result<Self, KeyError> {
        Self::from_pem(algorithm, &*from_file(path.as_ref())?)
    }

    /// A private key in DER: PKCS#8, PKCS#1 for RSA, or SEC 1 for EC. Otherwise as [`from_pem`](Self::from_pem).
    ///
    /// # Errors
    ///
    /// As [`from_pem`](Self::from_pem).
    pub fn from_der(algorithm: Algorithm, der: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        Self::of_private(algorithm, private_from_der(algorithm, der.as_ref())?)
    }

    /// A private JWK or an HMAC secret (`oct`), with `alg` (RFC 7517). The name is the JWK's `kid`. Without it, an HMAC
    /// secret has no name, and a private key is named as in [`from_pem`](Self::from_pem).
    ///
    /// # Errors
    ///
    /// [`KeyError::Jwk`] if members are missing or contradict each other, otherwise as [`from_pem`](Self::from_pem).
    pub fn from_jwk(json: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        let jwk = Jwk::from_json(json.as_ref())?;
        let key = match jwk.key {
            JwkKey::Secret(secret) => Self::from_secret(jwk.algorithm, &*secret)?,
            JwkKey::Private(private) => Self::of_private(jwk.algorithm, private)?,
            JwkKey::Public(_) => return Err(KeyError::Jwk("it is a public key, which cannot sign")),
        };
        Ok(match jwk.kid {
            Some(kid) => key.with_kid(kid),
            None => key,
        })
    }

    fn of_secret(algorithm: Algorithm, secret: &[u8]) -> Result<Self, KeyError> {
        Ok(Self::of(Signing::Secret, VerifyingKey::of_secret(algorithm, secret)?))
    }

    fn of(signing: Signing, verifying: VerifyingKey) -> Self {
        let header = Arc::from(encoded_header(&verifying));
        Self { signing, verifying, header }
    }

    fn of_private(algorithm: Algorithm, private: Private) -> Result<Self, KeyError> {
        let signing = crypto::Signer::from_der(algorithm, &private.der)?;
        Ok(Self::of(Signing::Private(Arc::new(signing)), VerifyingKey::of_public(algorithm, private.public)?))
    }

    /// Sets the `kid`, like [`Keys::with_kid`](crate::keys::own_keys::Keys::with_kid).
    #[must_use]
    pub fn with_kid(self, kid: impl Into<String>) -> Self {
        Self::of(self.signing, self.verifying.with_kid(kid))
    }

    /// The key that verifies. If it is a public key, you can give it to services that only verify.
    pub fn verifying_key(&self) -> &VerifyingKey {
        &self.verifying
    }

    /// The first segment of the tokens that it signs: the encoded header with `typ: at+jwt` (RFC 9068 section 2.1).
    pub(crate) fn header(&self) -> &str {
        &self.header
    }

    /// Signs `input`, which is `header.payload`. Returns the signature, not yet encoded.
    pub(crate) fn sign(&self, input: &str) -> Result<Vec<u8>, KeyError> {
        match &self.signing {
            Signing::Secret => self.verifying.mac(input.as_bytes()),
            Signing::Private(key) => key.try_sign(input.as_bytes()).map_err(|_| KeyError::Refused),
        }
    }

    #[cfg(all(test, any(feature = "aws_lc_rs", feature = "rust_crypto")))]
    pub(crate) fn with_verifying_key(self, verifying: VerifyingKey) -> Self {
        Self { verifying, ..self }
    }

    /// Signs a text and verifies the signature, so that a mismatched private and public key are found before the first
    /// login.
    pub(crate) fn self_test(&self) -> Result<(), KeyError> {
        if self.verifying.kid().is_some_and(|kid| kid.len() > MAX_KID) {
            return Err(KeyError::LongName);
        }
        let input = "jwt-auth.self-test";
        let signature = self.sign(input)?;
        self.verifying.verify(input, &signature).map_err(|_| KeyError::SelfTest)
    }
}

fn encoded_header(key: &VerifyingKey) -> String {
    let mut header = serde_json::Map::new();
    header.insert("typ".into(), "at+jwt".into());
    header.insert("alg".into(), key.algorithm().name().into());
    if let Some(kid) = key.kid() {
        header.insert("kid".into(), kid.into());
    }
    compact::encode(serde_json::Value::Object(header).to_string().as_bytes())
}

pub(crate) fn from_env(variable: &str) -> Result<Zeroizing<String>, KeyError> {
    std::env::var(variable).map(Zeroizing::new).map_err(|_| KeyError::NotSet { variable: variable.to_owned() })
}

fn from_file(path: &Path) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let failed = |error: std::io::Error| KeyError::File { path: path.display().to_string(), error: Cause::new(error) };
    std::fs::read(path).map(Zeroizing::new).map_err(failed)
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (algorithm, kid) = (self.verifying.algorithm(), self.verifying.kid());
        f.debug_struct("SigningKey").field("algorithm", &algorithm).field("kid", &kid).finish_non_exhaustive()
    }
}

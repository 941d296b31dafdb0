//! The half of a key that signs, together with the half that verifies. Material never prints.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use jsonwebtoken::EncodingKey;
use zeroize::Zeroizing;

use crate::cause::Cause;
use crate::jose::algorithm::{Algorithm, Family};
use crate::jose::header::MAX_KID;
use crate::jose::key_error::KeyError;
use crate::jose::{compact, crypto};
use crate::keys::formats::Private;
use crate::keys::formats::der::{private_from_der, private_from_pem};
use crate::keys::formats::jwk::{Jwk, JwkHalf};
use crate::keys::formats::secret::check_secret;
use crate::keys::verifying_key::{VerifyingKey, is_hmac};

/// The half of a key that signs: a private key, or an HMAC secret. It carries the half that verifies. A cheap clone.
#[derive(Clone)]
pub struct SigningKey {
    signing: Signing,
    verifying: VerifyingKey,
    /// The header of its tokens, encoded.
    header: Arc<str>,
}

#[derive(Clone)]
enum Signing {
    /// The key that verifies is the one that signs.
    Secret,
    /// Zeroized on drop by its crate.
    Private(Arc<EncodingKey>),
}

impl SigningKey {
    /// An HMAC secret, used as it is.
    ///
    /// # Errors
    ///
    /// As [`Keys::hs256`](crate::keys::own_keys::Keys::hs256).
    pub fn from_secret(algorithm: Algorithm, secret: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        is_hmac(algorithm)?;
        check_secret(algorithm, secret.as_ref())?;
        Self::of_secret(algorithm, secret.as_ref())
    }

    /// A secret that a person can remember, for a service that has one already. It is as long as its algorithm demands
    /// and may be guessed all the same: everyone who has one token can try passwords against it without asking.
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
    /// (`BEGIN EC PRIVATE KEY`). Its name is the thumbprint of its public half (RFC 7638) unless
    /// [`with_kid`](Self::with_kid) names it.
    ///
    /// # Errors
    ///
    /// [`KeyError`] says what is wrong: another format, an encrypted key, another kind than the algorithm's, or a size
    /// that cannot be trusted.
    pub fn from_pem(algorithm: Algorithm, pem: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        Self::of_private(algorithm, private_from_pem(algorithm, pem.as_ref())?)
    }

    /// [`from_pem`](Self::from_pem) with the text of an environment variable. `\n` in the text stands for a line break,
    /// where there is none.
    ///
    /// # Errors
    ///
    /// [`KeyError::NotSet`], else as [`from_pem`](Self::from_pem).
    pub fn from_pem_env(algorithm: Algorithm, variable: &str) -> Result<Self, KeyError> {
        let text = from_env(variable)?;
        if text.contains('\n') {
            return Self::from_pem(algorithm, text.as_bytes());
        }
        Self::from_pem(algorithm, Zeroizing::new(text.replace("\\n", "\n")).as_bytes())
    }

    /// [`from_pem`](Self::from_pem) with the text of a file.
    ///
    /// # Errors
    ///
    /// [`KeyError::File`], else as [`from_pem`](Self::from_pem).
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

    /// A private JWK or an HMAC secret (`oct`), with `alg` (RFC 7517). Its name is `kid`, or as for
    /// [`from_pem`](Self::from_pem).
    ///
    /// # Errors
    ///
    /// [`KeyError::Jwk`] where members are absent or contradict each other, otherwise as [`from_pem`](Self::from_pem).
    pub fn from_jwk(json: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        let jwk = Jwk::from_json(json.as_ref())?;
        let key = match jwk.half {
            JwkHalf::Secret(secret) => Self::from_secret(jwk.algorithm, &*secret)?,
            JwkHalf::Private(private) => Self::of_private(jwk.algorithm, private)?,
            JwkHalf::Public(_) => return Err(KeyError::Jwk("it is a public key, which signs nothing")),
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
        let signing = match algorithm.family() {
            Family::Rsa => EncodingKey::from_rsa_der(&private.der),
            Family::Ec(_) => EncodingKey::from_ec_der(&private.der),
            Family::Ed25519 | Family::Hmac => EncodingKey::from_ed_der(&private.der),
        };
        Ok(Self::of(Signing::Private(Arc::new(signing)), VerifyingKey::of_public(algorithm, private.public)?))
    }

    /// Names the key, as [`Keys::with_kid`](crate::keys::own_keys::Keys::with_kid).
    #[must_use]
    pub fn with_kid(self, kid: impl Into<String>) -> Self {
        Self::of(self.signing, self.verifying.with_kid(kid))
    }

    /// The half that verifies, to hand to services that only verify.
    pub fn verifying_key(&self) -> &VerifyingKey {
        &self.verifying
    }

    /// The first segment of its tokens: the header that says `at+jwt` (RFC 9068 section 2.1).
    pub(crate) fn header(&self) -> &str {
        &self.header
    }

    /// `input` is `header.payload`; the answer is the third part, not yet encoded.
    pub(crate) fn sign(&self, input: &str) -> Result<Vec<u8>, KeyError> {
        match &self.signing {
            Signing::Secret => self.verifying.mac(input.as_bytes()),
            Signing::Private(key) => crypto::sign(self.verifying.algorithm(), key, input.as_bytes()),
        }
    }

    #[cfg(all(test, any(feature = "aws_lc_rs", feature = "rust_crypto")))]
    pub(crate) fn with_half(self, verifying: VerifyingKey) -> Self {
        Self { verifying, ..self }
    }

    /// Signs something and verifies it, so that halves that do not belong together are found before the first login.
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

//! The crypto backends. Signatures, HMACs and hashes are computed only here. The backend is chosen at compile time: aws-lc-rs if
//! both features are on. The crates are called by name: a provider for the whole process, or a feature of another crate that chooses
//! one, would change how other code of the application signs.

#[cfg(feature = "aws_lc_rs")]
#[path = "aws_lc.rs"]
mod backend;
#[cfg(all(feature = "rust_crypto", not(feature = "aws_lc_rs")))]
#[path = "rust_crypto.rs"]
mod backend;
#[cfg(not(any(feature = "aws_lc_rs", feature = "rust_crypto")))]
#[path = "none.rs"]
mod backend;

pub(crate) use backend::{Verifier, ed25519_public};

use jsonwebtoken::crypto::JwtSigner;
use jsonwebtoken::signature;

use crate::jose::algorithm::Algorithm;
use crate::jose::key_error::KeyError;

/// A private key, prepared once. It signs by the interface of `jsonwebtoken`, whose own signers read the key for each token, and whose
/// features would choose crypto for the whole build.
pub(crate) struct Signer {
    algorithm: Algorithm,
    key: backend::Signer,
}

impl Signer {
    /// Reads PKCS#1 for RSA, and PKCS#8 for the others.
    pub(crate) fn from_der(algorithm: Algorithm, der: &[u8]) -> Result<Self, KeyError> {
        Ok(Self { algorithm, key: backend::Signer::from_der(algorithm, der)? })
    }
}

impl signature::Signer<Vec<u8>> for Signer {
    fn try_sign(&self, input: &[u8]) -> Result<Vec<u8>, signature::Error> {
        self.key.sign(input).map_err(|_| signature::Error::new())
    }
}

impl JwtSigner for Signer {
    fn algorithm(&self) -> jsonwebtoken::Algorithm {
        self.algorithm.as_jsonwebtoken()
    }
}

/// The signature does not verify.
pub(crate) struct BadSignature;

/// The SHA-256 digest. Fails only if the crate was built without a crypto backend.
pub(crate) fn sha256(bytes: &[u8]) -> Result<[u8; 32], KeyError> {
    backend::sha256(bytes)?.try_into().map_err(|_| KeyError::Refused)
}

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

pub(crate) use backend::{Signer, Verifier, ed25519_public};

use crate::jose::key_error::KeyError;

/// The signature does not verify.
pub(crate) struct BadSignature;

/// The SHA-256 digest. Fails only if the crate was built without a crypto backend.
pub(crate) fn sha256(bytes: &[u8]) -> Result<[u8; 32], KeyError> {
    backend::sha256(bytes)?.try_into().map_err(|_| KeyError::Refused)
}

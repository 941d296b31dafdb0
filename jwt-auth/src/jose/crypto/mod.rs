//! The crypto crates, and nothing of them beyond this folder. One backend is chosen at compile time; with both
//! features on it is aws-lc-rs, and no process-global provider is read or installed.

#[cfg(feature = "aws_lc_rs")]
#[path = "aws_lc.rs"]
mod backend;
#[cfg(all(feature = "rust_crypto", not(feature = "aws_lc_rs")))]
#[path = "rust_crypto.rs"]
mod backend;
#[cfg(not(any(feature = "aws_lc_rs", feature = "rust_crypto")))]
#[path = "none.rs"]
mod backend;

pub(crate) use backend::{Verifier, ed25519_public, sign};

use crate::jose::key_error::KeyError;

/// The signature does not verify.
pub(crate) struct BadSignature;

/// The SHA-256 digest. An error only without a crypto crate.
pub(crate) fn sha256(bytes: &[u8]) -> Result<[u8; 32], KeyError> {
    backend::sha256(bytes)?.try_into().map_err(|_| KeyError::Refused)
}

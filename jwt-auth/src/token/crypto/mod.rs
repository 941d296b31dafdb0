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

pub(super) use backend::{Verifier, ed25519_public, sha256, sign};

/// The signature does not verify.
pub(super) struct BadSignature;

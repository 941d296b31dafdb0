//! JOSE: the compact serialization, headers, strict JSON, claims, and the crypto that makes and verifies signatures.

pub(crate) mod algorithm;
pub(crate) mod claims;
pub(crate) mod error;
pub(crate) mod compact;
pub(crate) mod key_error;
pub(crate) mod public_key;
pub(crate) mod crypto;
pub(crate) mod json;
pub(crate) mod header;
pub(crate) mod payload;
pub(crate) mod token;

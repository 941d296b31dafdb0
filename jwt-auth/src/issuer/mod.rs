//! Issuers: whose tokens are accepted, with which keys and by which rules.

pub(crate) mod issue;
pub(crate) mod trust;
pub(crate) mod trusted_keys;
pub(crate) mod verified_token;
pub(crate) mod verify;

pub use trusted_keys::TrustedKeys;

//! Issuers whose tokens are accepted: each with its own keys, and no key for the tokens of another (RFC 8725 section 3.8).
//!
//! A backend that only verifies tokens (`verify_only`) calls `trust` once for each issuer, with the keys of that issuer:
//!
//! ```no_run
//! # use jwt_auth::{auth_backend, JwtUser};
//! use jwt_auth::Algorithm;
//! use jwt_auth::keys::VerifyingKey;
//! # #[derive(Clone, JwtUser)] struct User { #[jwt_user(id)] id: u64 }
//! # #[auth_backend(kind = "bearer", user = User)] struct Auth;
//!
//! let key = VerifyingKey::from_pem(Algorithm::RS256, std::fs::read("issuer.pem")?)?;
//! let auth = Auth.backend().verify_only().trust("https://login.example.com", key).audience("https://api.example.com").build()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Traps:
//!
//! * Audience, accepted types and leeway hold for every issuer of a backend.
//! * The `iss` claim must be the issuer's name byte for byte, with or without the slash at its end as the issuer writes it.
//! * A token must be as RFC 9068 says, with the exceptions that the builder has settings for.

pub(crate) mod issue;
pub(crate) mod trust;
pub(crate) mod trusted_keys;
pub(crate) mod verified_token;
pub(crate) mod verify;

pub use trusted_keys::TrustedKeys;

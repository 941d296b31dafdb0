//! The issuers whose tokens a backend accepts. Each has its own keys, which never verify a token of another issuer (RFC
//! 8725 section 3.8).
//!
//! For a backend that only verifies tokens, call [`trust`](crate::Builder::trust) once for each issuer, with the keys
//! of that issuer ([`TrustedKeys`]):
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
//! * The audience, the accepted types and the leeway of a backend apply to all of its issuers.
//! * The `iss` claim is compared byte by byte: if the issuer ends it with a slash, end the name in `trust` with a slash
//!   too.
//! * Tokens must follow RFC 9068. If a provider deviates, look for a setting of the builder, such as
//!   [`accept_type`](crate::Builder::accept_type) for another `typ` than `at+jwt`.

pub(crate) mod issue;
pub(crate) mod trust;
pub(crate) mod verified_token;
pub(crate) mod token_policy;

pub use trust::TrustedKeys;

//! The issuers whose tokens a backend accepts, each on its own terms.
//!
//! An [`Issuer`] is one value with everything about an issuer: its name, its keys, the audience and the form of its tokens. Give it
//! to [`Builder::trust`](crate::Builder::trust), for a backend that only verifies and for one that issues tokens too. What is set
//! for one issuer changes no answer for another (RFC 8725 sections 3.8 and 3.9).
//!
//! ```no_run
//! # use jwt_auth::{auth_backend, JwtUser};
//! use jwt_auth::{Algorithm, Issuer, keys::VerifyingKey};
//! # #[derive(Clone, JwtUser)] struct User { #[jwt_user(id)] id: u64 }
//! # #[auth_backend(kind = "bearer", user = User)] struct Auth;
//!
//! let key = VerifyingKey::from_pem(Algorithm::RS256, std::fs::read("issuer.pem")?)?;
//! let issuer = Issuer::new("https://login.example.com").keys(key).audience("https://api.example.com");
//! let auth = Auth.backend().verify_only().trust(issuer).build()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Issuers can come and go while the service runs: [`Backend::add_issuer`](crate::Backend::add_issuer) and
//! [`Backend::remove_issuer`](crate::Backend::remove_issuer).
//!
//! Tokens that only the issuer can read are checked at its introspection endpoint (RFC 7662), with `Issuer::introspection` (feature
//! `remote_jwks`). If an issuer has keys too, they verify its JWTs. A token without the form of a JWT is offered to each such issuer,
//! in the order of `trust`, until one says that it is active. A JWT of an issuer that is not trusted is sent nowhere.
//!
//! Traps:
//!
//! * The `iss` claim is compared byte by byte: if the issuer ends it with a slash, end the name with a slash too.
//! * ID tokens are refused, even if their `aud` is the audience ([`Issuer::accept_id_tokens`]).
//! * A token without `jti` cannot be revoked by itself, only with its session or its user.
//! * A name in a [`ClaimPath`] is never split: `"kubernetes.io"` is one name, `["realm_access", "roles"]` are two.

pub(crate) mod error;
pub(crate) mod issue;
pub(crate) mod keys;
pub(crate) mod template;
pub(crate) mod token_policy;
#[cfg(feature = "remote_jwks")]
pub(crate) mod introspection;
#[cfg(feature = "remote_jwks")]
pub(crate) mod introspector;
pub(crate) mod trust;
pub(crate) mod verified_token;
pub(crate) mod verify;
#[cfg(feature = "remote_jwks")]
pub(crate) mod introspected;
pub(crate) mod settings;
pub(crate) mod check;

pub use crate::jose::payload::claim_path::ClaimPath;
pub use error::IssuerError;
#[cfg(feature = "remote_jwks")]
pub use introspection::Introspection;
pub use keys::IssuerKeys;
pub use settings::Issuer;

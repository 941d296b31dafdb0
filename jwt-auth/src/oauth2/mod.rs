//! OAuth 2.0: the clients, the form, the response and the errors of a token endpoint (RFC 6749), and the metadata of a
//! protected resource (RFC 9728).
//!
//! If the declaration names an `authenticate` function, the library serves the token endpoint. To limit it to certain
//! clients, name them in the builder:
//!
//! ```no_run
//! # use jwt_auth::{auth_backend, JwtUser, Keys, Parts};
//! use jwt_auth::oauth2::Client;
//! # #[derive(Clone, JwtUser)] struct User { #[jwt_user(id)] id: u64 }
//! # fn check(_: &Auth, _: &str, _: &str, _: &Parts) -> Option<User> { None }
//! # #[auth_backend(kind = "oauth2", user = User, token_url = "/login", authenticate = check)] struct Auth;
//!
//! let auth = Auth.backend()
//!     .keys(Keys::hs256_from_env("JWT_SECRET")?)
//!     .issuer("https://api.example.com")
//!     .client(Client::public("web"))
//!     .client(Client::confidential("batch", std::env::var("BATCH_SECRET")?))
//!     .build()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Traps:
//!
//! * Without named clients, the token and revocation endpoints accept every client. As soon as one client is named, requests of
//!   all other clients are refused with `invalid_client`.
//! * [`PasswordForm`] is for a token endpoint of your own. Check passwords there with
//!   [`check_password`](crate::AuthSession::check_password); without it, wrong passwords are not throttled.
//! * RFC 9700 section 2.4 forbids the password grant for third-party clients: use it for your own first-party pages.

pub(crate) mod answer;
pub(crate) mod form;
pub(crate) mod client;
pub(crate) mod resource_metadata;

pub use answer::GrantError;
pub use answer::TokenResponse;
pub use client::Client;
pub use form::PasswordForm;
pub use resource_metadata::ResourceMetadata;

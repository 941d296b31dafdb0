//! OAuth 2.0 messages: the clients of the token endpoint, its form, its answer and its errors (RFC 6749), and the metadata of a
//! protected resource (RFC 9728).
//!
//! With `authenticate` the token endpoint is mounted for you. Clients that must prove who they are are named in the builder:
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
//! * Once a client is named, a request without a known client is refused with `invalid_client`.
//! * [`PasswordForm`] is for a token endpoint of your own. Call [`check_password`](crate::Backend::check_password) there, or nobody
//!   counts wrong passwords.
//! * RFC 9700 section 2.4 forbids the password grant for third-party clients: use it for your own first-party pages.

pub(crate) mod error;
pub(crate) mod token_form;
pub(crate) mod client;
pub(crate) mod password_form;
pub(crate) mod resource_metadata;
pub(crate) mod token_response;

pub use client::Client;
pub use error::GrantError;
pub use password_form::PasswordForm;
pub use resource_metadata::ResourceMetadata;
pub use token_response::TokenResponse;

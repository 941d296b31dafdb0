#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::string_slice,
        clippy::unreachable,
        clippy::unwrap_used
    )
)]

// A module imports only from modules above it, and no module above `web` imports axum. A test reads this list.
mod cause;
mod catch_panic;
mod clock;
mod no_store;
mod time_limit;
mod effects;
mod observer;
mod declaration;
mod jose;
pub mod keys;
pub mod issuer;
pub mod user;
mod hooks;
mod peer;
mod request_info;
mod credential;
mod access;
pub mod store;
mod caches;
mod records;
pub mod passwords;
pub mod rejection;
pub mod events;
pub mod oauth2;
mod authenticate;
mod stale_cookie;
mod backend;
pub mod session;
mod endpoints;
pub mod config;
mod web;
pub mod guard;
pub mod well_known;
#[cfg(feature = "openapi")]
pub mod openapi;
#[cfg(feature = "testing")]
pub mod testing;
#[doc(hidden)]
pub mod __private;

pub use backend::Backend;
pub use config::{BuildError, Builder, Issuing, VerifyOnly};
#[doc(hidden)]
pub use declaration::spec::Spec;
pub use guard::{ProtectError, Protected, Require, RequireAny};
pub use hooks::AuthBackend;
/// The head of a request, an argument of `retrieve_user`: `http::request::Parts`.
pub use http::request::Parts;
pub use issuer::Issuer;
pub use jose::token::Token;
#[cfg(feature = "remote_jwks")]
pub use keys::RemoteJwks;
pub use keys::{Algorithm, Keys};
pub use oauth2::{GrantError, PasswordForm};
pub use rejection::{ClaimError, Rejection, RejectionReason};
pub use session::{AuthSession, Login, LoginError, Logout, LogoutError, RefreshTokens};
pub use store::{MemoryStore, StoreError};
pub use user::{JwtUser, NotAllowed};
pub use web::pages::ReturnTo;

#[doc = include_str!("../docs/auth_backend.md")]
pub use jwt_auth_macros::auth_backend;

#[doc = include_str!("../docs/jwt_user.md")]
#[doc(alias = "current_user")]
#[doc(alias = "whoami")]
pub use jwt_auth_macros::JwtUser;

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

// A module imports only from modules above it; a test reads this list. Nothing above `web` names axum.
mod cause;
mod catch_panic;
mod clock;
mod no_store;
mod time_limit;
mod declaration;
mod jose;
pub mod keys;
pub mod issuer;
pub mod user;
mod hooks;
mod credential;
mod access;
pub mod store;
mod caches;
mod records;
pub mod passwords;
pub mod rejection;
pub mod oauth2;
mod authenticate;
mod backend;
pub mod session;
mod endpoints;
pub mod config;
mod web;
#[cfg(feature = "openapi")]
pub mod openapi;
#[cfg(feature = "testing")]
pub mod testing;
#[doc(hidden)]
pub mod __private;

pub use access::demand::Demand;
pub use access::require::{Require, RequireAny, ScopeSet};
pub use backend::Backend;
pub use backend::verify::Verified;
pub use cause::{BoxError, Cause};
pub use clock::{Clock, SystemClock};
pub use config::{BuildError, Builder, Issuing, Mode, VerifyOnly};
pub use declaration::clean_path::is_clean_path;
pub use declaration::scope::Scope;
pub use declaration::spec::Spec;
pub use hooks::AuthBackend;
/// The head of a request, which `retrieve_user` gets: `http::request::Parts`.
pub use http::request::Parts;
pub use issuer::TrustedKeys;
pub use jose::error::{ClaimError, TokenError};
pub use jose::token::Token;
pub use keys::*;
pub use oauth2::*;
pub use passwords::PasswordError;
pub use passwords::throttle::*;
pub use rejection::{Rejection, RejectionReason};
pub use session::*;
pub use store::*;
pub use user::{Answer, ClaimValue, ClaimWriter, JwtUser, NotAllowed, StatelessUser, UserId};
pub use web::access_map::{Access, AccessMap, AccessRow};
pub use web::guard_future::GuardFuture;
pub use web::guard_layer::{GuardLayer, GuardService};
pub use web::protect::Protectable;
pub use web::protect_error::ProtectError;
pub use web::protected::Protected;
pub use web::well_known::{ServedJwks, ServedMetadata, serve_jwks, serve_resource_metadata};

#[doc = include_str!("../docs/auth_backend.md")]
pub use jwt_auth_macros::auth_backend;

#[doc = include_str!("../docs/jwt_user.md")]
pub use jwt_auth_macros::JwtUser;

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

// A stage imports only from stages above it; a test reads this list.
mod bounded_cache;
mod catch;
mod cause;
mod clean_path;
mod clock;
mod csrf;
mod credential;
mod token;
mod user;
#[cfg(feature = "remote_jwks")]
mod jwks;
mod store;
mod session;
mod throttle;
mod rejection;
mod oauth2;
mod backend;
mod endpoint;
mod guard;
mod extract;
mod well_known;
#[cfg(feature = "openapi")]
pub mod openapi;
#[cfg(feature = "testing")]
pub mod testing;
#[doc(hidden)]
pub mod __private;

pub use backend::{
    Answered, AuthBackend, AuthSession, Backend, BuildError, Builder, Demand, Issuing, Login, LoginBuilder, LoginError,
    Logout, LogoutError, Mode, PasswordError, RefreshError, RefreshTokens, Renewal, Require, RequireAny, Scope,
    ScopeSet, SignIn, Spec, TokenOnly, UserSession, Verified, VerifyOnly,
};
pub use cause::{BoxError, Cause};
pub use clean_path::is_clean_path;
pub use clock::{Clock, SystemClock};
/// The head of a request, which `retrieve_user` gets: `http::request::Parts`.
pub use http::request::Parts;

pub use guard::{
    Access, AccessMap, AccessRow, GuardFuture, GuardLayer, GuardService, ProtectError, Protectable, Protected,
};
#[cfg(feature = "reqwest")]
pub use jwks::ReqwestClient;
#[cfg(feature = "remote_jwks")]
pub use jwks::{Fetch, FetchFuture, Fetched, RemoteJwks};
pub use oauth2::{Client, GrantError, PasswordForm, ResourceMetadata, TokenResponse};
pub use rejection::{Rejection, RejectionReason};
#[cfg(feature = "postgres")]
pub use session::PostgresStore;
#[cfg(feature = "redis")]
pub use session::RedisStore;
#[cfg(feature = "sqlite")]
pub use session::SqliteStore;
pub use session::{Body, Document, Key, MemoryStore, Reading, Safety, Store, Summary, Version};
pub use store::{StoreError, StoreFuture};
#[cfg(feature = "postgres")]
pub use throttle::PostgresThrottle;
#[cfg(feature = "redis")]
pub use throttle::RedisThrottle;
#[cfg(feature = "sqlite")]
pub use throttle::SqliteThrottle;
pub use throttle::{Attempt, MemoryThrottle, NoThrottle, Throttle, ThrottleLimits, fold_name};
pub use token::{
    Algorithm, ClaimError, KeyError, Keys, SigningKey, Token, TokenError, TrustedKeys, VerifyingKey, VerifyingKeys,
};
pub use user::{Answer, ClaimValue, ClaimWriter, JwtUser, NotAllowed, StatelessUser, UserId};
pub use well_known::{ServedJwks, ServedMetadata, serve_jwks, serve_resource_metadata};

#[doc = include_str!("../docs/auth_backend.md")]
pub use jwt_auth_macros::auth_backend;

#[doc = include_str!("../docs/jwt_user.md")]
pub use jwt_auth_macros::JwtUser;

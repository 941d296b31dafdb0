//! The builder: the settings that differ between deployments. The attribute has those that are the same everywhere.
//!
//! ```no_run
//! # use std::time::Duration;
//! # use jwt_auth::{auth_backend, JwtUser, Keys};
//! # #[derive(Clone, JwtUser)] struct User { #[jwt_user(id)] id: u64 }
//! # #[auth_backend(kind = "bearer", user = User)] struct Auth;
//! let auth = Auth.backend()
//!     .keys(Keys::hs256_from_env("JWT_SECRET")?)
//!     .issuer("https://api.example.com")
//!     .lifetime(Duration::from_secs(15 * 60))
//!     .build()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`build`](Builder::build) checks every setting and reports all mistakes at once, each with the name of its setting. A wrong
//! setting never fails a request.
//!
//! A backend that issues tokens is a `Backend<Auth>`. [`verify_only`](Builder::verify_only) makes a `Backend<Auth, VerifyOnly>`,
//! which only verifies the tokens of the issuers that it [trusts](Builder::trust).
//!
//! Traps:
//!
//! * Lifetimes, leeway and the times of caches count in whole seconds. A fraction is cut off.
//! * Unless you name others, the issuer is also the audience and the realm. A service that only verifies must name its
//!   audience.
//! * The default [`store`](Builder::store) and [`throttle`](Builder::throttle) are in this process. With more than one
//!   instance, use one of the shared stores and throttles, or a sign-out at one instance does not reach the others.
//! * [`user_cache`](Builder::user_cache) and [`revocation_staleness`](Builder::revocation_staleness) delay changes by the time
//!   that you set.

pub(crate) mod build_error;
pub(crate) mod outside;
pub(crate) mod builder;
pub(crate) mod build;
pub(crate) mod outside_settings;
pub(crate) mod cookie_settings;
pub(crate) mod event_settings;
pub(crate) mod request_settings;
pub(crate) mod session_settings;
pub(crate) mod sign_in_settings;
pub(crate) mod token_settings;
pub(crate) mod resource;
pub(crate) mod check;

pub use crate::backend::{Issuing, Mode, VerifyOnly};
pub use crate::clock::{Clock, SystemClock};
pub use crate::peer::forwarded::ForwardedHeaders;
pub use build_error::BuildError;
pub use builder::Builder;

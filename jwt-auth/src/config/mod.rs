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
//! [`build`](Builder::build) checks every setting and reports all mistakes at once, each with the name of its setting; no request
//! meets a wrong setting. A backend that issues tokens is a `Backend<Auth>`; one that only verifies them, which `verify_only` makes, is a
//! `Backend<Auth, VerifyOnly>`.
//!
//! Traps:
//!
//! * Durations are used in whole seconds.
//! * The issuer is the audience and the realm, too, unless you name others.

pub(crate) mod build_error;
pub(crate) mod builder;
pub(crate) mod build;
pub(crate) mod builder_mode;
pub(crate) mod check;
pub(crate) mod builder_store;

pub use crate::backend::mode::{Issuing, Mode, VerifyOnly};
pub use crate::clock::{Clock, SystemClock};
pub use build_error::BuildError;
pub use builder::Builder;

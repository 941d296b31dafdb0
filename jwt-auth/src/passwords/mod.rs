//! Checking passwords: limits against guessing, and how many checks run at once.
//!
//! You supply the check itself, with `authenticate = ...` in `#[auth_backend]`. The token endpoint of the kind `oauth2` and
//! [`AuthSession::check_password`](crate::AuthSession::check_password) call it, and this module decides whether they may: a
//! [`Throttle`] counts wrong passwords, and [`sign_ins_at_once`](crate::Builder::sign_ins_at_once) bounds the checks that run at
//! the same time, because each one hashes a password.
//!
//! By default a [`MemoryThrottle`] counts within the process. Set other limits, or count for all instances together:
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use jwt_auth::passwords::{MemoryThrottle, ThrottleLimits};
//! # use jwt_auth::{auth_backend, JwtUser, Keys, Parts};
//! # #[derive(Clone, JwtUser)] struct User { #[jwt_user(id)] id: u64 }
//! # fn check(_: &Auth, _: &str, _: &str, _: &Parts) -> Option<User> { None }
//! # #[auth_backend(kind = "oauth2", user = User, token_url = "/token", authenticate = check)] struct Auth;
//!
//! let limits = ThrottleLimits::new().per_name(20).window(Duration::from_secs(3_600));
//! let auth = Auth.backend()
//!     .keys(Keys::hs256_from_env("JWT_SECRET")?)
//!     .issuer("https://api.example.com")
//!     .throttle(MemoryThrottle::new(limits))
//!     .sign_ins_at_once(4)
//!     .build()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Traps:
//!
//! * Addresses are counted only if the server is made with `into_make_service_with_connect_info::<SocketAddr>()`. Behind a proxy,
//!   name the proxy with [`trusted_proxies`](crate::Builder::trusted_proxies). Without that, its own address counts, so that all
//!   clients share one limit, and the wrong passwords of one lock out the others.
//! * A sign-in handler of your own has no limits until it calls
//!   [`check_password`](crate::AuthSession::check_password).
//! * With several instances, a [`MemoryThrottle`] counts in each of them: `n` instances let `n` times as many guesses through.
//!   `RedisThrottle`, `SqliteThrottle` and `PostgresThrottle` count for all.
//! * Anyone can lock a user name by sending wrong passwords for it. Sessions that have begun continue.

pub(crate) mod throttle;
pub(crate) mod error;
pub(crate) mod check;

pub use error::PasswordError;
pub use throttle::*;

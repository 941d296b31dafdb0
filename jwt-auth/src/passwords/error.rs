//! Why a password was not checked.

use std::fmt;

use crate::cause::Cause;
use crate::passwords::throttle::limits::Limit;
use crate::store::error::StoreError;

/// Why [`Backend::check_password`](crate::Backend::check_password) cannot say whether a password is right.
///
/// A handler that returns it answers with the body of RFC 6749 section 5.2: 429 `slow_down` with `Retry-After`, 503
/// `temporarily_unavailable` with `Retry-After`, or 500 `server_error`. The reason is already logged.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PasswordError {
    /// Too many wrong passwords were sent for the name, from the address, or for the name from the address: 429.
    TooManyAttempts {
        /// Which limit is used up.
        limit: Limit,
        /// Seconds.
        retry_after: u64,
    },
    /// Too many other passwords are being checked: 429. The attempt is not counted.
    Busy {
        /// Seconds.
        retry_after: u64,
    },
    /// The throttle's store failed: 503. The password was not checked.
    Store(StoreError),
    /// The function named by `authenticate` failed: 500. The attempt is not counted.
    Authenticate(Cause),
    /// The function named by `authenticate`, or the function of [`fold_names`](crate::Builder::fold_names), panicked: 500. The
    /// attempt is not counted.
    Panicked,
    /// The clock shows an impossible time: 500.
    Clock,
    /// The declaration names no `authenticate`, so there is no function to call: 500.
    NotDeclared,
}

impl fmt::Display for PasswordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooManyAttempts { limit, .. } => limit.fmt(f),
            Self::Busy { .. } => Limit::AtOnce.fmt(f),
            Self::Store(error) => write!(f, "the throttle's store failed: {error}"),
            Self::Authenticate(error) => write!(f, "`authenticate` failed: {error}"),
            Self::Panicked => f.write_str("`authenticate`, or the function of `fold_names`, panicked"),
            Self::Clock => f.write_str("the clock shows an impossible time"),
            Self::NotDeclared => f.write_str(
                "the backend names no `authenticate`; add `authenticate = check_password` to `#[auth_backend(...)]`",
            ),
        }
    }
}

impl std::error::Error for PasswordError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Store(error) => Some(error),
            Self::Authenticate(error) => Some(error.as_error()),
            _ => None,
        }
    }
}

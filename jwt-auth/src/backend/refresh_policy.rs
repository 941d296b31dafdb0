//! How refresh tokens live, and why one gives nothing.

use std::fmt;
use std::time::Duration;

use super::LoginError;
use crate::store::StoreError;

/// How refresh tokens live. [`Builder::refresh_tokens`](crate::Builder::refresh_tokens) switches them on.
///
/// ```
/// use std::time::Duration;
/// use jwt_auth::RefreshTokens;
/// let refresh = RefreshTokens::new().idle(Duration::from_secs(3_600)).absolute(Duration::from_secs(86_400));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefreshTokens {
    pub(super) idle: Duration,
    pub(super) absolute: Duration,
    pub(super) grace: Duration,
}

impl RefreshTokens {
    /// A token can be used for 14 days, a session continued for 90, and a used token gives nothing.
    #[must_use]
    pub const fn new() -> Self {
        const DAY: u64 = 24 * 60 * 60;
        Self { idle: Duration::from_secs(14 * DAY), absolute: Duration::from_secs(90 * DAY), grace: Duration::ZERO }
    }

    /// For how long a token can be used, in whole seconds. Each use gives a new one.
    #[must_use]
    pub const fn idle(self, idle: Duration) -> Self {
        Self { idle, ..self }
    }

    /// After how long the user signs in again whatever was used, in whole seconds.
    #[must_use]
    pub const fn absolute(self, absolute: Duration) -> Self {
        Self { absolute, ..self }
    }

    /// For how long a used token still gives the successor that it gave, in whole seconds, for clients whose connection breaks
    /// before they have read it. At most a minute. Zero by default: in this time a stolen token is not noticed.
    #[must_use]
    pub const fn grace(self, grace: Duration) -> Self {
        Self { grace, ..self }
    }

    /// Why it cannot be so.
    pub(super) fn mistake(&self) -> Option<&'static str> {
        match () {
            () if self.idle.as_secs() == 0 => Some("`refresh_tokens`: `idle` is shorter than a second"),
            () if self.absolute < self.idle => Some("`refresh_tokens`: `absolute` is shorter than `idle`"),
            () if self.grace > Duration::from_secs(60) => Some("`refresh_tokens`: `grace` is longer than a minute"),
            () => None,
        }
    }
}

impl Default for RefreshTokens {
    fn default() -> Self {
        Self::new()
    }
}

/// Why a refresh token gives nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RefreshError {
    /// It is unknown, expired, used, or its session or user is gone. Tell the caller no more.
    Invalid,
    /// Another client's (RFC 6749 section 10.4).
    Client,
    /// More is asked for than was granted.
    Scope,
    /// The store cannot answer. The token may be used by now.
    Store(StoreError),
    /// The user could not be looked up.
    Lookup(String),
    /// The new token cannot be issued.
    Login(LoginError),
    /// The builder has no `refresh_tokens`.
    Off,
}

impl fmt::Display for RefreshError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid => f.write_str("the refresh token is not valid"),
            Self::Client => f.write_str("the refresh token is another client's"),
            Self::Scope => f.write_str("more scopes are asked for than were granted"),
            Self::Store(error) => write!(f, "the store failed: {error}"),
            Self::Lookup(error) => write!(f, "`retrieve_user` failed: {error}"),
            Self::Login(error) => error.fmt(f),
            Self::Off => {
                f.write_str("refresh tokens are off; switch them on with `.refresh_tokens(RefreshTokens::new())`")
            }
        }
    }
}

impl std::error::Error for RefreshError {}

impl From<StoreError> for RefreshError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

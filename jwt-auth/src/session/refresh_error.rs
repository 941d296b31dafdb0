//! Why a refresh failed.

use std::fmt;

use crate::cause::Cause;
use crate::session::login_error::LoginError;
use crate::store::error::StoreError;
use crate::user::not_allowed::NotAllowed;

/// Why a refresh failed. A handler that returns it answers with the body of RFC 6749 section 5.2, or 403 for
/// [`LoginError::CrossSite`], and the reason is logged.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RefreshError {
    /// The token is unknown, expired or used, or its session or user is gone. Do not reveal to the caller which of these it is.
    Invalid,
    /// The token belongs to another client (RFC 6749 section 10.4).
    Client,
    /// The request has more scopes than were granted, or none of its scopes can be granted now.
    Scope,
    /// `retrieve_user` knows the user and does not allow the access. The token stays unused.
    NotAllowed(NotAllowed),
    /// The store failed: 503. The client may send the same token again.
    Store(StoreError),
    /// Another request used the same token at the same time, and its answer may not have arrived yet: 503. The client may retry
    /// with the token of that answer.
    TryAgain,
    /// `retrieve_user` failed. The token stays unused.
    Lookup(Cause),
    /// `retrieve_user` or `revoked` panicked. The token stays unused.
    Panicked,
    /// The new token cannot be issued. The refresh token stays unused.
    Login(LoginError),
    /// The builder has no `refresh_tokens`.
    Off,
}

impl fmt::Display for RefreshError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid => f.write_str("the refresh token is not valid"),
            Self::Client => f.write_str("the refresh token belongs to another client"),
            Self::Scope => f.write_str("the requested scopes were not granted, or cannot be granted any more"),
            Self::NotAllowed(reason) => reason.fmt(f),
            Self::Store(error) => write!(f, "the store failed: {error}"),
            Self::TryAgain => f.write_str("another request used the same refresh token at the same time"),
            Self::Lookup(error) => write!(f, "`retrieve_user` failed: {error}"),
            Self::Panicked => f.write_str("`retrieve_user` or `revoked` panicked"),
            Self::Login(error) => error.fmt(f),
            Self::Off => {
                f.write_str("refresh tokens are off; switch them on with `.refresh_tokens(RefreshTokens::new())`")
            }
        }
    }
}

impl std::error::Error for RefreshError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Store(error) => Some(error),
            Self::Lookup(error) => Some(error.as_error()),
            Self::Login(error) => Some(error),
            Self::NotAllowed(reason) => Some(reason),
            _ => None,
        }
    }
}

impl From<StoreError> for RefreshError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<LoginError> for RefreshError {
    fn from(error: LoginError) -> Self {
        Self::Login(error)
    }
}

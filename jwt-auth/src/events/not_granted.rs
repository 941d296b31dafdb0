//! Why a sign-in or a refresh was refused.

use std::borrow::Cow;
use std::fmt;

use crate::passwords::error::PasswordError;
use crate::passwords::throttle::limits::Limit;
use crate::request_info::RequestFacts;
use crate::store::error::StoreError;
use crate::user::lookup::NotAllowed;

/// Why a sign-in or a refresh was refused. The caller sees less; see [`GrantError`](crate::GrantError).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotGranted {
    /// The user name or the password is wrong.
    WrongPassword,
    /// The application knows the user and does not allow the access.
    NotAllowed(NotAllowed),
    /// A limit is used up. [`Event::Throttled`](crate::events::Event::Throttled) reports it too.
    Throttled {
        /// Which limit.
        limit: Limit,
        /// After how many seconds the client may try again.
        retry_after: u64,
    },
    /// The user has started too many sessions in a short time.
    TooManySessions,
    /// The user was signed out everywhere during the sign-in, or shortly before it.
    SignedOutMeanwhile,
    /// A page of another site may have sent the request.
    CrossSite,
    /// The refresh token is unknown, expired or used, or its session or its user is gone.
    InvalidRefreshToken,
    /// The request has no refresh token, or more than one.
    NoRefreshToken,
    /// The refresh token belongs to another client.
    OtherClient,
    /// Another request used the same refresh token at the same time.
    TryAgain,
    /// None of the requested scopes can be granted.
    InvalidScope,
    /// The client is unknown, or does not prove who it is.
    InvalidClient,
    /// The request is not what the endpoint reads. The text says what is wrong with it.
    InvalidRequest(Cow<'static, str>),
    /// The store of sessions or of the throttle failed.
    StoreFailed(StoreError),
    /// A function of the application failed, or a setting is wrong. The text is for the log.
    Failed(String),
}

impl NotGranted {
    /// Its name in the log and in metrics. It stays the same when the text changes.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::WrongPassword => "wrong_password",
            Self::NotAllowed(_) => "not_allowed",
            Self::Throttled { .. } => "throttled",
            Self::TooManySessions => "too_many_sessions",
            Self::SignedOutMeanwhile => "signed_out_meanwhile",
            Self::CrossSite => "cross_site",
            Self::InvalidRefreshToken => "invalid_refresh_token",
            Self::NoRefreshToken => "no_refresh_token",
            Self::OtherClient => "other_client",
            Self::TryAgain => "try_again",
            Self::InvalidScope => "invalid_scope",
            Self::InvalidClient => "invalid_client",
            Self::InvalidRequest(_) => "invalid_request",
            Self::StoreFailed(_) => "store_failed",
            Self::Failed(_) => "failed",
        }
    }

    /// Writes the one log line of a refusal.
    pub(crate) fn log(&self, request: Option<RequestFacts<'_>>) {
        let method = request.map(|request| tracing::field::display(request.method));
        let route = request.as_ref().map(RequestFacts::route_field);
        let client = request.and_then(RequestFacts::client_field);
        let reason = self.code();
        match self {
            Self::StoreFailed(_) | Self::Failed(_) => {
                tracing::error!(target: "jwt_auth", method, route, client, reason, "no token granted: {self}");
            }
            Self::Throttled { limit, .. } => {
                let limit = limit.code();
                tracing::warn!(target: "jwt_auth", limit, method, route, client, reason, "no token granted: {self}");
            }
            _ => tracing::info!(target: "jwt_auth", method, route, client, reason, "no token granted: {self}"),
        }
    }
}

impl fmt::Display for NotGranted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongPassword => f.write_str("the user name or the password is wrong"),
            Self::NotAllowed(reason) => reason.fmt(f),
            Self::Throttled { limit, .. } => limit.fmt(f),
            Self::TooManySessions => f.write_str(
                "the user has started too many sessions in a short time; sign-in works again once the access tokens of the ended sessions have expired",
            ),
            Self::SignedOutMeanwhile => {
                f.write_str("the user was signed out everywhere during the sign-in, or within a few seconds before it")
            }
            Self::CrossSite => f.write_str(
                "a page of another site would sign the browser in; if it is your page, allow its origin with `allowed_origin`",
            ),
            Self::InvalidRefreshToken => f.write_str("the refresh token is not valid"),
            Self::NoRefreshToken => f.write_str("the request has no refresh token, or more than one"),
            Self::OtherClient => f.write_str("the refresh token belongs to another client"),
            Self::TryAgain => f.write_str("another request used the same refresh token at the same time"),
            Self::InvalidScope => f.write_str("none of the requested scopes can be granted"),
            Self::InvalidClient => {
                f.write_str("invalid_client: the client is unknown, or does not prove who it is; see `Builder::client`")
            }
            Self::InvalidRequest(why) => write!(f, "invalid_request: {why}"),
            Self::StoreFailed(error) => write!(f, "the store failed: {error}"),
            Self::Failed(error) => f.write_str(error),
        }
    }
}

impl From<&PasswordError> for NotGranted {
    fn from(error: &PasswordError) -> Self {
        match error {
            PasswordError::TooManyAttempts { limit, retry_after } => {
                Self::Throttled { limit: *limit, retry_after: *retry_after }
            }
            PasswordError::Busy { retry_after } => Self::Throttled { limit: Limit::AtOnce, retry_after: *retry_after },
            PasswordError::Store(error) => Self::StoreFailed(error.clone()),
            other => Self::Failed(other.to_string()),
        }
    }
}

//! The errors of sign-ins and refreshes, and the answers that they become.

use std::fmt;

use crate::cause::Cause;
use crate::events::not_granted::NotGranted;
use crate::issuer::issue::IssueError;
use crate::jose::key_error::KeyError;
use crate::oauth2::answer::GrantError;
use crate::passwords::error::PasswordError;
use crate::rejection::Rejection;
use crate::rejection::reason::RejectionReason;
use crate::session::logout::LogoutError;
use crate::store::error::StoreError;
use crate::user::lookup::NotAllowed;

/// Why a sign-in failed. The store is unchanged, unless a write to it failed.
///
/// A handler that returns it answers with the body of RFC 6749 section 5.2: `invalid_scope`, `server_error`, and
/// `temporarily_unavailable` or `slow_down` with `Retry-After`. [`CrossSite`](Self::CrossSite) is a 403. The reason is logged.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoginError {
    /// A claim cannot be issued. The text says which one and why.
    Claims(String),
    /// The key cannot sign.
    Key(KeyError),
    /// The lifetime is zero, longer than the builder's `max_lifetime`, or ends after the last second that a token can carry.
    Lifetime,
    /// Cookie name and token together are longer than the 4096 bytes that browsers keep. Carry fewer claims.
    Cookie,
    /// The body does not serialize.
    Body(Cause),
    /// The media type is not a header value.
    MediaType,
    /// The token is not a header value.
    Token,
    /// Scopes were requested, and the backend declares none of them (RFC 6749 section 5.2).
    Scope,
    /// A refresh token was requested, but the builder has no `refresh_tokens`.
    RefreshTokensOff,
    /// A refresh token was requested, but the kind has no place for one: `bearer`, or `cookie` without `refresh_url`.
    NoPlaceForRefreshToken,
    /// The store failed.
    Store(StoreError),
    /// The user was signed out everywhere during the check of the password, or so shortly before it that the clocks of the
    /// instances cannot order the two: 503 with `Retry-After`. To sign in within the same request, check the user again and call
    /// [`LoginBuilder::checked_again`](crate::session::LoginBuilder::checked_again). If the request itself signs the user out
    /// everywhere, use [`AuthSession::logout_everywhere`](crate::AuthSession::logout_everywhere) for that.
    SignedOutMeanwhile {
        /// A check of the user is accepted if it begins in this second (since 1970) or later.
        before: u64,
        /// Seconds after which the client may try again.
        retry_after: u64,
    },
    /// The user has started too many sessions in a short time: 429 with `Retry-After`, or 503 with `Retry-After` if a handler
    /// converts the error into a [`Rejection`]. An ended session takes up room until its access tokens have expired.
    TooManySessions,
    /// A page of another site would sign the browser in (login CSRF). If the page is yours, name its origin with
    /// [`allowed_origin`](crate::Builder::allowed_origin).
    CrossSite,
    /// The cookie that the sign-in replaces holds a token of another issuer whose keys could not be fetched: 503 with
    /// `Retry-After`. Nobody is signed in. [`keep_session`](crate::session::LoginBuilder::keep_session) does not look at the cookie.
    Unchecked(RejectionReason),
}

impl From<IssueError> for LoginError {
    fn from(error: IssueError) -> Self {
        match error {
            IssueError::Key(error) => Self::Key(error),
            other => Self::Claims(other.to_string()),
        }
    }
}

impl From<StoreError> for LoginError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl fmt::Display for LoginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Claims(error) => write!(f, "no token can be issued: {error}"),
            Self::Key(error) => write!(f, "no token can be signed: {error}"),
            Self::Lifetime => f.write_str("`expires_in` is shorter than a second or longer than `max_lifetime`"),
            Self::Cookie => {
                f.write_str("the cookie would be longer than the 4096 bytes that browsers keep; carry fewer claims")
            }
            Self::Body(error) => write!(f, "the body does not serialize: {error}"),
            Self::MediaType => f.write_str("`media_type` is not a header value"),
            Self::Token => f.write_str("the token is not a header value"),
            Self::Scope => f.write_str("none of the requested scopes is declared with `scopes(...)`"),
            Self::RefreshTokensOff => f.write_str(
                "refresh tokens are off; switch them on with `.refresh_tokens(RefreshTokens::new())`",
            ),
            Self::NoPlaceForRefreshToken => f.write_str(
                "a sign-in of this kind has no place for a refresh token; declare `refresh_url = \"/refresh\"` for the kind `cookie`, or the kind `oauth2`",
            ),
            Self::Store(error) => write!(f, "the store failed: {error}"),
            Self::SignedOutMeanwhile { .. } => {
                f.write_str("the user was signed out everywhere during the sign-in, or within a few seconds before it")
            }
            Self::TooManySessions => f.write_str(
                "the user has started too many sessions in a short time; sign-in works again once the access tokens of the ended sessions have expired",
            ),
            Self::CrossSite => f.write_str(
                "a page of another site would sign the browser in; if it is your page, allow its origin with `allowed_origin`",
            ),
            Self::Unchecked(reason) => write!(f, "the session of the replaced cookie cannot be ended: {reason}"),
        }
    }
}

impl std::error::Error for LoginError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Store(error) => Some(error),
            Self::Key(error) => Some(error),
            Self::Body(error) => Some(error.as_error()),
            Self::Unchecked(reason) => Some(reason),
            _ => None,
        }
    }
}

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

/// Seconds after which a user with too many sessions may try again. An ended session takes up room until its access tokens
/// have expired, so this is an estimate.
const ROOM_AFTER: u64 = 60;
/// Seconds after which a concurrent request with the same refresh token has been answered.
const ANSWERED_AFTER: u64 = 1;

/// For handlers that answer with a [`GrantError`]: 503. The reason is logged.
impl From<StoreError> for GrantError {
    fn from(error: StoreError) -> Self {
        NotGranted::StoreFailed(error).log(None);
        Self::Unavailable
    }
}

/// The error of the token endpoint (RFC 6749 section 5.2). The reason was logged when the sign-in failed.
impl From<LoginError> for GrantError {
    fn from(error: LoginError) -> Self {
        of_login(&error)
    }
}

/// The error of the token endpoint (RFC 6749 section 5.2). The reason was logged when the refresh failed.
impl From<RefreshError> for GrantError {
    fn from(error: RefreshError) -> Self {
        of_refresh(&error)
    }
}

/// The error of the token endpoint (RFC 6749 section 5.2). The reason was logged when the check failed.
impl From<PasswordError> for GrantError {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::TooManyAttempts { retry_after, .. } | PasswordError::Busy { retry_after } => {
                Self::TooManyAttempts { retry_after }
            }
            PasswordError::Store(_) => Self::Unavailable,
            _ => Self::ServerError,
        }
    }
}

fn of_login(error: &LoginError) -> GrantError {
    match error {
        LoginError::Scope => GrantError::InvalidScope,
        LoginError::Store(_) => GrantError::Unavailable,
        LoginError::SignedOutMeanwhile { retry_after, .. } => GrantError::TryAgain { retry_after: *retry_after },
        LoginError::TooManySessions => GrantError::TooManyAttempts { retry_after: ROOM_AFTER },
        // RFC 6749 has no code for a cross-site request, so this is the general code for a faulty request.
        LoginError::CrossSite => GrantError::InvalidRequest,
        LoginError::Unchecked(reason) => GrantError::TryAgain { retry_after: reason.retry_after().unwrap_or(1) },
        _ => GrantError::ServerError,
    }
}

fn of_refresh(error: &RefreshError) -> GrantError {
    match error {
        RefreshError::Invalid | RefreshError::Client | RefreshError::NotAllowed(_) => GrantError::InvalidGrant,
        RefreshError::Scope => GrantError::InvalidScope,
        RefreshError::Off => GrantError::UnsupportedGrantType,
        RefreshError::Store(_) => GrantError::Unavailable,
        RefreshError::TryAgain => GrantError::TryAgain { retry_after: ANSWERED_AFTER },
        RefreshError::Lookup(_) | RefreshError::Panicked => GrantError::ServerError,
        RefreshError::Login(error) => of_login(error),
    }
}

/// For the log and the events.
impl From<&LoginError> for NotGranted {
    fn from(error: &LoginError) -> Self {
        match error {
            LoginError::Scope => Self::InvalidScope,
            LoginError::Store(error) => Self::StoreFailed(error.clone()),
            LoginError::SignedOutMeanwhile { .. } => Self::SignedOutMeanwhile,
            LoginError::TooManySessions => Self::TooManySessions,
            LoginError::CrossSite => Self::CrossSite,
            other => Self::Failed(other.to_string()),
        }
    }
}

/// For the log and the events.
impl From<&RefreshError> for NotGranted {
    fn from(error: &RefreshError) -> Self {
        match error {
            RefreshError::Invalid => Self::InvalidRefreshToken,
            RefreshError::Client => Self::OtherClient,
            RefreshError::Scope => Self::InvalidScope,
            RefreshError::NotAllowed(reason) => Self::NotAllowed(reason.clone()),
            RefreshError::Store(error) => Self::StoreFailed(error.clone()),
            RefreshError::TryAgain => Self::TryAgain,
            RefreshError::Login(error) => Self::from(error),
            RefreshError::Lookup(_) | RefreshError::Panicked | RefreshError::Off => Self::Failed(error.to_string()),
        }
    }
}

impl From<LoginError> for RejectionReason {
    fn from(error: LoginError) -> Self {
        match error {
            LoginError::CrossSite => Self::CrossSite("it would sign the browser in".into()),
            LoginError::Store(error) => Self::StoreFailed(error),
            LoginError::SignedOutMeanwhile { retry_after, .. } => {
                Self::TryAgain { reason: Cause::new(error), retry_after }
            }
            LoginError::Unchecked(reason) => reason,
            LoginError::TooManySessions => Self::TryAgain { reason: Cause::new(error), retry_after: ROOM_AFTER },
            other => Self::LoginFailed(Cause::new(other)),
        }
    }
}

impl From<RefreshError> for RejectionReason {
    fn from(error: RefreshError) -> Self {
        match error {
            RefreshError::Invalid | RefreshError::Client | RefreshError::Scope | RefreshError::Off => Self::SessionOver,
            RefreshError::NotAllowed(reason) => Self::NotAllowed(reason),
            RefreshError::Store(error) => Self::StoreFailed(error),
            RefreshError::TryAgain => Self::TryAgain { reason: Cause::new(error), retry_after: ANSWERED_AFTER },
            RefreshError::Lookup(error) => Self::LookupFailed(error),
            RefreshError::Panicked => Self::Panicked("`retrieve_user` or `revoked`"),
            RefreshError::Login(error) => error.into(),
        }
    }
}

/// For handlers that answer with a [`Rejection`].
impl From<LoginError> for Rejection {
    fn from(error: LoginError) -> Self {
        Self::new(error.into(), None)
    }
}

/// For handlers that answer with a [`Rejection`].
impl From<LogoutError> for Rejection {
    fn from(error: LogoutError) -> Self {
        match error {
            LogoutError::Store(error) => error.into(),
            LogoutError::CrossSite(rejection) | LogoutError::Unchecked(rejection) => rejection,
        }
    }
}

/// For handlers that answer with a [`Rejection`].
impl From<StoreError> for Rejection {
    fn from(error: StoreError) -> Self {
        Self::new(RejectionReason::StoreFailed(error), None)
    }
}

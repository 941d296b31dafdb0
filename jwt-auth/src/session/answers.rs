//! The answers to failed sign-ins, refreshes and sign-outs: an error of RFC 6749 for a token request, a rejection for a
//! browser. No other code chooses these answers.

use crate::cause::Cause;
use crate::oauth2::error::GrantError;
use crate::passwords::error::PasswordError;
use crate::rejection::Rejection;
use crate::rejection::reason::RejectionReason;
use crate::session::login_error::LoginError;
use crate::session::logout::LogoutError;
use crate::session::refresh_error::RefreshError;
use crate::store::error::StoreError;

/// Seconds after which a user with too many sessions may try again. An ended session takes up room until its access tokens
/// have expired, so this is an estimate.
const ROOM_AFTER: u64 = 60;
/// Seconds after which a concurrent request with the same refresh token has been answered.
const ANSWERED_AFTER: u64 = 1;

/// For handlers that answer with a [`GrantError`]: 503. The reason is logged.
impl From<StoreError> for GrantError {
    fn from(error: StoreError) -> Self {
        logged(&error, Self::Unavailable)
    }
}

/// The error of the token endpoint (RFC 6749 section 5.2). The reason is logged, because the answer does not contain it.
impl From<LoginError> for GrantError {
    fn from(error: LoginError) -> Self {
        logged(&error, of_login(&error))
    }
}

/// The error of the token endpoint (RFC 6749 section 5.2). The reason is logged, because the answer does not contain it.
impl From<RefreshError> for GrantError {
    fn from(error: RefreshError) -> Self {
        logged(&error, of_refresh(&error))
    }
}

/// The error of the token endpoint (RFC 6749 section 5.2). The password check has already logged the reason.
impl From<PasswordError> for GrantError {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::TooManyAttempts { retry_after } | PasswordError::Busy { retry_after } => {
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
        // RFC 6749 has no code for a cross-site request; this is the one for a request that is at fault.
        LoginError::CrossSite => GrantError::InvalidRequest,
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

/// Logs why a request was refused: as an error if the operator has to fix something, as information otherwise.
fn logged(error: &dyn std::error::Error, answer: GrantError) -> GrantError {
    let needs_mending = answer.status().is_server_error() && !matches!(answer, GrantError::TryAgain { .. });
    if needs_mending {
        tracing::error!(target: "jwt_auth", "no token granted: {error}");
    } else {
        tracing::info!(target: "jwt_auth", "no token granted: {error}");
    }
    answer
}

impl From<LoginError> for RejectionReason {
    fn from(error: LoginError) -> Self {
        match error {
            LoginError::CrossSite => Self::CrossSite,
            LoginError::Store(error) => Self::StoreFailed(error),
            LoginError::SignedOutMeanwhile { retry_after, .. } => {
                Self::TryAgain { reason: Cause::new(error), retry_after }
            }
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
            LogoutError::CrossSite(rejection) => rejection,
        }
    }
}

/// For handlers that answer with a [`Rejection`].
impl From<StoreError> for Rejection {
    fn from(error: StoreError) -> Self {
        Self::new(RejectionReason::StoreFailed(error), None)
    }
}

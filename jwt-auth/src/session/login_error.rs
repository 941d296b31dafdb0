//! Why a sign-in failed.

use std::fmt;

use crate::cause::Cause;
use crate::issuer::issue::IssueError;
use crate::jose::key_error::KeyError;
use crate::store::error::StoreError;

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
    /// The user has started too many sessions in a short time: 429 with `Retry-After`. An ended session takes up room until its
    /// access tokens have expired.
    TooManySessions,
    /// A page of another site would sign the browser in (login CSRF). If the page is yours, name its origin with
    /// [`allowed_origin`](crate::Builder::allowed_origin).
    CrossSite,
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
        }
    }
}

impl std::error::Error for LoginError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Store(error) => Some(error),
            Self::Key(error) => Some(error),
            Self::Body(error) => Some(error.as_error()),
            _ => None,
        }
    }
}

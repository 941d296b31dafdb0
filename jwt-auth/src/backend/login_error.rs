//! Why a login cannot be issued.

use std::fmt;

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::CACHE_CONTROL;

use crate::oauth2::GrantError;
use crate::token::IssueError;

/// Why a login cannot be issued. As a response it is a 500, for [`CrossSite`](Self::CrossSite) a 403, for
/// [`Scope`](Self::Scope) the `invalid_scope` of RFC 6749, and the reason is logged.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoginError {
    /// A claim cannot be written or signed; the text says which and why.
    Claims(String),
    /// The lifetime is zero, longer than the builder's `max_lifetime`, or ends after the last second there is.
    Lifetime,
    /// Cookie name and token together are longer than the 4096 bytes that browsers keep. Carry fewer claims.
    Cookie,
    /// The body does not serialize.
    Body(String),
    /// The media type is not a header value.
    MediaType,
    /// The token is not a header value.
    Token,
    /// Scopes were asked for, and none of them is declared (RFC 6749 section 5.2).
    Scope,
    /// The session cannot be kept, so that no refresh token can be given; the text says why.
    Refresh(String),
    /// A page of another site would sign the browser in (login CSRF). Name it with
    /// [`allowed_origin`](crate::Builder::allowed_origin) if it is yours.
    CrossSite,
}

impl From<IssueError> for LoginError {
    fn from(error: IssueError) -> Self {
        Self::Claims(error.to_string())
    }
}

impl fmt::Display for LoginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Claims(error) => write!(f, "no token can be issued: {error}"),
            Self::Lifetime => f.write_str("`expires_in` is shorter than a second or longer than `max_lifetime`"),
            Self::Cookie => {
                f.write_str("the cookie would be longer than the 4096 bytes that browsers keep; carry fewer claims")
            }
            Self::Body(error) => write!(f, "the body does not serialize: {error}"),
            Self::MediaType => f.write_str("`media_type` is not a header value"),
            Self::Token => f.write_str("the token is not a header value"),
            Self::Scope => f.write_str("none of the scopes that were asked for is declared with `scopes(...)`"),
            Self::Refresh(error) => write!(f, "no refresh token can be given: {error}"),
            Self::CrossSite => f.write_str(
                "a page of another site would sign the browser in; if it is yours, name it with `allowed_origin`",
            ),
        }
    }
}

impl std::error::Error for LoginError {}

impl IntoResponse for LoginError {
    fn into_response(self) -> Response {
        if self == Self::Scope {
            return GrantError::InvalidScope.into_response();
        }
        if self == Self::CrossSite {
            tracing::info!(target: "jwt_auth", "a login was refused: {self}");
            return (StatusCode::FORBIDDEN, [(CACHE_CONTROL, "no-store")]).into_response();
        }
        tracing::error!(target: "jwt_auth", "a login failed: {self}");
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    }
}

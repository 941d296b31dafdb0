//! The answer to a sign-in or a refresh.

use std::fmt;

use http::StatusCode;
use http::header::{HeaderMap, HeaderValue};

/// The answer to a sign-in or a refresh that has already happened. The backend's kind decides what carries the token: a
/// header, a cookie, an RFC 6749 body, or several of them.
///
/// As a response it has the status 200. The body is the [`TokenResponse`](crate::oauth2::TokenResponse) for `oauth2` and
/// empty for the other kinds, unless [`token_in_body`](crate::session::LoginBuilder::token_in_body) or
/// [`body`](crate::session::LoginBuilder::body) is set.
/// As a part of a response it adds only the headers: `(session.login(&user).await?, Redirect::to("/"))`.
///
/// Status and body are set on the [`LoginBuilder`](crate::session::LoginBuilder), before the `.await`:
/// `session.login(&user).status(StatusCode::CREATED).await`.
#[doc(alias = "set_cookie")]
#[doc(alias = "sign_in")]
#[must_use = "the caller gets the token only if the handler returns this"]
pub struct Login {
    pub(crate) token: String,
    pub(crate) refresh_token: Option<String>,
    pub(crate) lifetime: u64,
    pub(crate) code: StatusCode,
    pub(crate) headers: HeaderMap,
    /// The body and its media type.
    pub(crate) body: Option<(Vec<u8>, HeaderValue)>,
}

impl Login {
    /// The access token.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// The refresh token, if one was requested.
    pub fn refresh_token(&self) -> Option<&str> {
        self.refresh_token.as_deref()
    }

    /// How long the access token is valid, in seconds.
    pub fn expires_in(&self) -> u64 {
        self.lifetime
    }
}

/// Does not print the tokens.
impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("expires_in", &self.lifetime).field("status", &self.code).finish_non_exhaustive()
    }
}

//! Logout: the cookie is removed with the very attributes it was set with, and the token is revoked.

use axum::response::{IntoResponse, IntoResponseParts, Response, ResponseParts};
use http::StatusCode;
use http::header::{CACHE_CONTROL, HeaderValue, SET_COOKIE};

use super::{AuthBackend, Backend, Mode, set_cookie};

impl<A: AuthBackend, M: Mode> Backend<A, M> {
    /// Ends a session: removes the cookie with the very attributes it was set with, and has the guard revoke the token that
    /// the request presented, with the session that it is of, before the answer is sent. Where the store cannot, the answer
    /// is a 503.
    pub fn logout(&self) -> Logout {
        Logout { cookie: A::SPEC.cookie.as_ref().and_then(set_cookie::remove) }
    }
}

/// The answer of a logout: 204 and the removal of the cookie. As a part of a response it adds only the removal, so
/// `(auth.logout(), Redirect::to("/"))` works.
#[derive(Clone, Debug)]
#[must_use = "a logout does nothing until it is returned from a handler"]
pub struct Logout {
    cookie: Option<HeaderValue>,
}

impl IntoResponse for Logout {
    fn into_response(self) -> Response {
        (self, StatusCode::NO_CONTENT).into_response()
    }
}

impl IntoResponseParts for Logout {
    type Error = std::convert::Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Self::Error> {
        if let Some(cookie) = self.cookie {
            parts.headers_mut().append(SET_COOKIE, cookie);
        }
        parts.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        parts.extensions_mut().insert(EndsSession::Presented);
        Ok(parts)
    }
}

/// Tells the guard which session an answer ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EndsSession {
    /// A sign-out: the one that the request presented.
    Presented,
    /// A sign-in: the one whose cookie is replaced.
    Replaced,
}

//! Logout: the cookie is removed with the very attributes it was set with, and the token is revoked.

use axum::response::{AppendHeaders, IntoResponse, IntoResponseParts, Response, ResponseParts};
use http::StatusCode;
use http::header::{CACHE_CONTROL, HeaderName, HeaderValue, SET_COOKIE};

use super::{AuthBackend, Backend, Mode, RefreshCookie, set_cookie};

impl<A: AuthBackend, M: Mode> Backend<A, M> {
    /// Ends a session: removes the cookie with the very attributes it was set with, and has the guard revoke the token that
    /// the request presented, with the session that it is of, before the answer is sent. Where the store cannot, the answer
    /// is a 503.
    pub fn logout(&self) -> Logout {
        Logout { cookies: self.remove_cookies() }
    }
}

impl<A: AuthBackend, M> Backend<A, M> {
    /// The headers that remove every cookie of this backend.
    pub(crate) fn remove_cookies(&self) -> AppendHeaders<Vec<(HeaderName, HeaderValue)>> {
        let cookie = A::SPEC.cookie.and_then(|cookie| set_cookie::remove(cookie.name, &cookie));
        let refresh = self.inner.refresh_cookie.as_ref().and_then(RefreshCookie::remove);
        AppendHeaders(cookie.into_iter().chain(refresh).map(|cookie| (SET_COOKIE, cookie)).collect())
    }
}

/// The answer of a logout: 204 and the removal of the cookies. As a part of a response it adds only the removal, so
/// `(auth.logout(), Redirect::to("/"))` works.
#[derive(Clone, Debug)]
#[must_use = "a logout does nothing until it is returned from a handler"]
pub struct Logout {
    cookies: AppendHeaders<Vec<(HeaderName, HeaderValue)>>,
}

impl IntoResponse for Logout {
    fn into_response(self) -> Response {
        (self, StatusCode::NO_CONTENT).into_response()
    }
}

impl IntoResponseParts for Logout {
    type Error = std::convert::Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Self::Error> {
        for (name, cookie) in self.cookies.0 {
            parts.headers_mut().append(name, cookie);
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

//! The answer to a sign-out: it removes the cookies with the attributes that they were set with.

use axum::response::{AppendHeaders, IntoResponse, IntoResponseParts, Response, ResponseParts};
use http::StatusCode;
use http::header::{CACHE_CONTROL, HeaderName, HeaderValue, SET_COOKIE};

use super::{AuthBackend, Backend, RefreshCookie, set_cookie};
use crate::rejection::Rejection;

/// The headers that remove cookies.
pub(crate) type RemovedCookies = AppendHeaders<Vec<(HeaderName, HeaderValue)>>;

impl<A: AuthBackend, M> Backend<A, M> {
    /// The headers that remove every cookie of this backend.
    pub(crate) fn remove_cookies(&self) -> RemovedCookies {
        let cookie = A::SPEC.cookie.and_then(|cookie| set_cookie::remove(cookie.name, &cookie));
        let refresh = self.inner.refresh_cookie.as_ref().and_then(RefreshCookie::remove);
        AppendHeaders(cookie.into_iter().chain(refresh).map(|cookie| (SET_COOKIE, cookie)).collect())
    }
}

/// The answer to a sign-out that has already happened: 204, with headers that remove the cookies. As a part of a
/// response it adds only these headers: `(session.logout().await?, Redirect::to("/"))`.
///
/// If a page of another site may have sent the browser's cookie, nothing has ended, and either form answers 403.
#[derive(Debug)]
#[must_use = "the browser keeps its cookies unless the handler returns this"]
pub struct Logout(Result<Option<RemovedCookies>, Rejection>);

impl Logout {
    /// `None` where the request may not change the browser's cookies.
    pub(super) fn removing(cookies: Option<RemovedCookies>) -> Self {
        Self(Ok(cookies))
    }

    pub(super) fn refused(rejection: Rejection) -> Self {
        tracing::info!(target: "jwt_auth", "nobody is signed out: {}", rejection.reason());
        Self(Err(rejection))
    }
}

impl IntoResponse for Logout {
    fn into_response(self) -> Response {
        (self, StatusCode::NO_CONTENT).into_response()
    }
}

impl IntoResponseParts for Logout {
    type Error = Rejection;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Rejection> {
        for (name, cookie) in self.0?.into_iter().flat_map(|cookies| cookies.0) {
            parts.headers_mut().append(name, cookie);
        }
        parts.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        Ok(parts)
    }
}

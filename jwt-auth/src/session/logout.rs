//! The answer to a sign-out. It removes the cookies, with the attributes that they were set with.

use std::fmt;

use axum::response::{AppendHeaders, IntoResponse, IntoResponseParts, Response, ResponseParts};
use http::StatusCode;
use http::header::{CACHE_CONTROL, HeaderName, HeaderValue, SET_COOKIE};

use crate::backend::Backend;
use crate::credential::refresh_cookie::RefreshCookie;
use crate::credential::set_cookie;
use crate::hooks::AuthBackend;
use crate::rejection::Rejection;
use crate::store::error::StoreError;

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
#[derive(Debug)]
#[must_use = "the browser keeps its cookies unless the handler returns this"]
pub struct Logout {
    cookies: Option<RemovedCookies>,
}

impl Logout {
    /// `None` if the request may not change the browser's cookies.
    pub(crate) fn removing(cookies: Option<RemovedCookies>) -> Self {
        Self { cookies }
    }
}

impl IntoResponse for Logout {
    fn into_response(self) -> Response {
        (self, StatusCode::NO_CONTENT).into_response()
    }
}

impl IntoResponseParts for Logout {
    type Error = std::convert::Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Self::Error> {
        for (name, cookie) in self.cookies.into_iter().flat_map(|cookies| cookies.0) {
            parts.headers_mut().append(name, cookie);
        }
        parts.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        Ok(parts)
    }
}

/// Why a sign-out failed. A handler that returns it answers as the guard does, and the reason is logged.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum LogoutError {
    /// The store failed, or there is none: 503. The tokens may still be valid.
    Store(StoreError),
    /// A page of another site may have sent the request with the browser's cookie: 403. Nothing has ended.
    CrossSite(Rejection),
}

impl From<StoreError> for LogoutError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl fmt::Display for LogoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(error) => write!(f, "the store failed: {error}"),
            Self::CrossSite(rejection) => rejection.reason().fmt(f),
        }
    }
}

impl std::error::Error for LogoutError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Store(error) => Some(error),
            Self::CrossSite(rejection) => Some(rejection),
        }
    }
}

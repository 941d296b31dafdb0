//! The answer to a sign-out. It removes the cookies, with the same attributes that they were set with; otherwise a browser
//! would keep them.

use std::fmt;

use http::HeaderValue;

use crate::rejection::Rejection;
use crate::request_info::RequestFacts;
use crate::store::error::StoreError;

/// The answer to a sign-out that has already happened: 204, with headers that remove the cookies. As a part of a
/// response it adds only these headers: `(session.logout().await?, Redirect::to("/"))`.
#[derive(Debug)]
#[must_use = "the browser keeps its cookies unless the handler returns this"]
#[doc(alias = "sign_out")]
#[doc(alias = "delete_cookie")]
pub struct Logout {
    /// The `Set-Cookie` headers that remove the cookies.
    pub(crate) cookies: Vec<HeaderValue>,
}

impl Logout {
    pub(crate) fn removing(cookies: Vec<HeaderValue>) -> Self {
        Self { cookies }
    }
}

/// Why a sign-out failed. A handler that returns it answers as the guard does. The reason is logged.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum LogoutError {
    /// The store failed, or there is none: 503. The tokens may still be valid.
    Store(StoreError),
    /// A page of another site may have sent the request with the browser's cookie: 403. No session has ended.
    CrossSite(Rejection),
    /// A token of the request could not be checked, because the keys of its issuer could not be fetched: 503 with `Retry-After`. No
    /// session has ended.
    Unchecked(Rejection),
}

impl LogoutError {
    /// Writes the one log line of a refused sign-out.
    pub(crate) fn log(&self, request: RequestFacts<'_>) {
        let (method, route, client) = (request.method, request.route_field(), request.client_field());
        match self {
            Self::Store(_) => {
                let reason = "store_failed";
                tracing::error!(target: "jwt_auth", %method, route, client, reason, "sign-out refused: {self}");
            }
            Self::CrossSite(rejection) | Self::Unchecked(rejection) => {
                let reason = rejection.reason().code();
                tracing::info!(target: "jwt_auth", %method, route, client, reason, "sign-out refused: {self}");
            }
        }
    }
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
            Self::CrossSite(rejection) | Self::Unchecked(rejection) => rejection.reason().fmt(f),
        }
    }
}

impl std::error::Error for LogoutError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Store(error) => Some(error),
            Self::CrossSite(rejection) | Self::Unchecked(rejection) => Some(rejection),
        }
    }
}

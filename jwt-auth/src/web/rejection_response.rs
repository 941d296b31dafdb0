//! The answer to a refused request.

use std::sync::Arc;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, RETRY_AFTER, SET_COOKIE, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};

use crate::catch_panic::{Panicked, catch_panic};
use crate::config::builder::Builder;
use crate::hooks::AuthBackend;
use crate::no_store::forbid_storing_by_default;
use crate::rejection::Rejection;
use crate::rejection::challenge::Presentation;
use crate::rejection::reason::{Class, RejectionReason};

/// The function with which the application answers refused requests.
#[derive(Clone)]
pub(crate) struct Renderer(Arc<dyn Fn(&Rejection) -> Response + Send + Sync>);

/// Whether the application itself answers refused requests.
#[cfg(feature = "openapi")]
pub(crate) fn is_rendered(presentation: &Presentation) -> bool {
    renderer(presentation).is_some()
}

/// The application's function, if it has one.
fn renderer(presentation: &Presentation) -> Option<&Renderer> {
    presentation.web().get()
}

impl<A: AuthBackend, M> Builder<A, M> {
    /// Replaces the body, or the whole answer, of refused requests. If the answer keeps the status of the rejection, the challenge
    /// is added to it, and also `Cache-Control: no-store` unless it has a `Cache-Control`.
    ///
    /// ```no_run
    /// # use jwt_auth::{auth_backend, JwtUser, Keys};
    /// # #[derive(Clone, JwtUser)] struct User { #[jwt_user(id)] id: u64 }
    /// # #[auth_backend(kind = "bearer", user = User)] struct Auth;
    /// let auth = Auth.backend()
    ///     .keys(Keys::hs256_ephemeral()?)
    ///     .issuer("https://api.example.com")
    ///     .rejection_response(|rejection| (rejection.status(), rejection.detail()))
    ///     .build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn rejection_response<R: IntoResponse>(
        mut self,
        render: impl Fn(&Rejection) -> R + Send + Sync + 'static,
    ) -> Self {
        let render = move |rejection: &Rejection| -> Response { render(rejection).into_response() };
        self.web.insert(Renderer(Arc::new(render)));
        self
    }
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        let render = self.presentation.as_deref().and_then(renderer);
        let mut response = match render.map(|render| catch_panic(|| (render.0)(&self))) {
            None => problem(&self),
            Some(Ok(rendered)) => rendered,
            Some(Err(Panicked)) => {
                return Self::new(RejectionReason::Panicked("`rejection_response`"), None).into_response();
            }
        };
        // The application may redirect instead. The challenge belongs only to the original status.
        if response.status() == self.status()
            && let Some(challenge) = self.challenge()
        {
            response.headers_mut().entry(WWW_AUTHENTICATE).or_insert(challenge);
        }
        if response.status() == StatusCode::SERVICE_UNAVAILABLE {
            let retry_after = self.reason.retry_after().unwrap_or(1);
            response.headers_mut().entry(RETRY_AFTER).or_insert(HeaderValue::from(retry_after));
        }
        for cookie in self.removed_cookies() {
            response.headers_mut().append(SET_COOKIE, cookie.clone());
        }
        forbid_storing_by_default(response.headers_mut());
        response.extensions_mut().insert(self.reason);
        response
    }
}

/// The default answer: a problem document (RFC 9457).
fn problem(rejection: &Rejection) -> Response {
    let Class { status, problem, .. } = rejection.reason.class();
    let mut response = Response::new(Body::from(problem));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    response
}

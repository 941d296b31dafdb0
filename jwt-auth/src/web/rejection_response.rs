//! The answer to a refused request.

use std::sync::Arc;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, RETRY_AFTER, SET_COOKIE, WWW_AUTHENTICATE};
use http::request::Parts;
use http::{HeaderValue, StatusCode};

use crate::catch_panic::{Panicked, catch_panic};
use crate::config::builder::Builder;
use crate::hooks::AuthBackend;
use crate::no_store::forbid_storing_by_default;
use crate::rejection::Rejection;
use crate::rejection::challenge::{KeepsRequest, Presentation};
use crate::rejection::reason::{Class, RejectionReason};
use crate::web::pages::to_sign_in;

/// The function with which the application answers refused requests.
#[derive(Clone)]
pub(crate) struct Renderer(Arc<Render>);

type Render = dyn Fn(&Rejection, &Parts) -> Response + Send + Sync;

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
    /// Replaces the body, or the whole answer, of refused requests. The function gets the rejection and the head of the request. If
    /// the answer keeps the status of the rejection, the challenge is added to it, and also `Cache-Control: no-store` unless it has a
    /// `Cache-Control`. [`sign_in_page`](Self::sign_in_page) answers before this function, and needs none.
    ///
    /// ```no_run
    /// # use jwt_auth::{auth_backend, JwtUser, Keys};
    /// # #[derive(Clone, JwtUser)] struct User { #[jwt_user(id)] id: u64 }
    /// # #[auth_backend(kind = "bearer", user = User)] struct Auth;
    /// let auth = Auth.backend()
    ///     .keys(Keys::hs256_ephemeral()?)
    ///     .issuer("https://api.example.com")
    ///     .rejection_response(|rejection, request| (rejection.status(), format!("{}: {}", request.uri, rejection.detail())))
    ///     .build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn rejection_response<R: IntoResponse>(
        mut self,
        render: impl Fn(&Rejection, &Parts) -> R + Send + Sync + 'static,
    ) -> Self {
        let render =
            move |rejection: &Rejection, request: &Parts| -> Response { render(rejection, request).into_response() };
        self.web.insert(Renderer(Arc::new(render)));
        self.web.insert(KeepsRequest);
        self
    }
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        let mut response = match self.presentation.as_deref().and_then(Presentation::request) {
            // Nobody looks at the request.
            None => problem(&self),
            Some(request) => match own_answer(&self, request) {
                None => problem(&self),
                Some(Ok(own)) => own,
                Some(Err(Panicked)) => {
                    return Self::new(RejectionReason::Panicked("`rejection_response`"), None).into_response();
                }
            },
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
        let removed = self.removed_cookies();
        if !removed.is_empty() {
            response.headers_mut().extend(removed.iter().map(|cookie| (SET_COOKIE, cookie.clone())));
        }
        forbid_storing_by_default(response.headers_mut());
        response.extensions_mut().insert(self.reason);
        response
    }
}

/// The application's answer: the redirect of a page to its sign-in, or what its function makes.
#[cold]
fn own_answer(rejection: &Rejection, request: &Parts) -> Option<Result<Response, Panicked>> {
    let presentation = rejection.presentation.as_deref()?;
    if let Some(redirect) = to_sign_in(rejection, presentation, request) {
        return Some(Ok(redirect));
    }
    let render = renderer(presentation)?;
    Some(catch_panic(|| (render.0)(rejection, request)))
}

/// The default answer: a problem document (RFC 9457).
fn problem(rejection: &Rejection) -> Response {
    let Class { status, problem, .. } = rejection.reason.class();
    let mut response = Response::new(Body::from(problem));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    response
}

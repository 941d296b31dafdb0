//! The guard as a layer.

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::extract::{MatchedPath, Request};
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::CACHE_CONTROL;
use tower_layer::Layer;
use tower_service::Service;

use super::admit::Guard;
use super::ending::{Unread, end};
use super::session::{Authenticated, BoxFuture, Session};
use crate::backend::{AuthBackend, Backend, Mode};
use crate::catch::{Panicked, caught};
use crate::rejection::RejectionReason;

/// The guard as a [`tower_layer::Layer`], for experts. Prefer [`Backend::protect`].
///
/// What it cannot promise: routes that are added after the layer are not covered, and with `Router::route_layer` no fallback
/// is; around a service that is no `Router` there is no `MatchedPath`, so exclusion is decided on the raw path where
/// that is clean; below a prefix of an outer router patterns are compared with the whole template, prefix included, so
/// `/files/{*rest}` opens everything that is mounted at `/files`; and the document is not touched.
pub struct GuardLayer<A> {
    guard: Arc<Guard<A>>,
}

impl<A: AuthBackend> GuardLayer<A> {
    pub(crate) fn new(guard: Guard<A>) -> Self {
        Self { guard: Arc::new(guard) }
    }
}

impl<A: AuthBackend, M: Mode> Backend<A, M> {
    /// The guard as a layer, for experts; [`GuardLayer`] says what it cannot promise.
    pub fn layer(&self) -> GuardLayer<A> {
        GuardLayer::new(Guard::new(self))
    }
}

impl<A> Clone for GuardLayer<A> {
    fn clone(&self) -> Self {
        Self { guard: Arc::clone(&self.guard) }
    }
}

impl<S, A> Layer<S> for GuardLayer<A> {
    type Service = GuardService<S, A>;

    fn layer(&self, inner: S) -> Self::Service {
        GuardService { inner, guard: Arc::clone(&self.guard) }
    }
}

impl<A: AuthBackend> fmt::Debug for GuardLayer<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("GuardLayer").field(&A::SPEC.scheme_name).finish()
    }
}

/// The service that [`GuardLayer`] makes.
pub struct GuardService<S, A> {
    inner: S,
    guard: Arc<Guard<A>>,
}

impl<S: Clone, A> Clone for GuardService<S, A> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), guard: Arc::clone(&self.guard) }
    }
}

impl<S, A: AuthBackend> fmt::Debug for GuardService<S, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("GuardService").field(&A::SPEC.scheme_name).finish()
    }
}

impl<S, A> Service<Request> for GuardService<S, A>
where
    S: Service<Request, Response = Response> + Clone + Send + 'static,
    S::Future: Send,
    A: AuthBackend,
{
    type Response = Response;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Response, S::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let guard = Arc::clone(&self.guard);
        // The service that was polled ready is the one that is called.
        let next = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, next);
        Box::pin(async move {
            let (mut parts, body) = request.into_parts();
            let authenticated = match guard.admit(&parts).await {
                Ok(authenticated) => authenticated,
                Err(rejection) => return Ok(rejection.into_response()),
            };
            let unread = if authenticated.is_none() { Unread::of(&guard.backend, &parts) } else { None };
            let presented = authenticated.as_ref().map(Authenticated::presented);
            let session = Session::new(Arc::clone(&guard) as _, authenticated);
            let late = session.late();
            let (method, matched) = (parts.method.clone(), parts.extensions.get::<MatchedPath>().cloned());
            let refuse =
                |reason| guard.refuse(reason, &method, matched.as_ref().map(MatchedPath::as_str)).into_response();
            parts.extensions.insert(session);
            let mut response = match caught(async { inner.call(Request::from_parts(parts, body)).await }).await {
                Ok(response) => response?,
                Err(Panicked) => return Ok(refuse(RejectionReason::Panicked("a handler"))),
            };
            let presented = presented.as_ref().or_else(|| late.as_ref()?.get());
            if let Some(ends) = response.extensions_mut().remove()
                && let Err(error) = end(&guard.backend, ends, presented, unread).await
            {
                return Ok(refuse(RejectionReason::StoreFailed(error.to_string())));
            }
            if presented.is_some() {
                // What was made for one user is not kept for another (RFC 9111 section 3.5).
                response.headers_mut().entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
            }
            Ok(response)
        })
    }
}

//! The guard as a layer.

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use tower_layer::Layer;
use tower_service::Service;

use crate::backend::Backend;
use crate::backend::mode::Mode;
use crate::hooks::AuthBackend;
use crate::web::guard::{Below, Guard};
use crate::web::guard_future::GuardFuture;
use crate::web::routed::Routed;

/// The guard as a [`tower_layer::Layer`], for experts. Prefer [`Backend::protect`].
///
/// What it cannot promise:
///
/// * routes that are added after the layer are not covered, and with `Router::route_layer` no fallback is;
/// * the guard believes the method and path that a layer outside it has made of a request;
/// * around a service that is no `Router` there is no `MatchedPath`, so the raw path decides, where it is clean;
/// * below a prefix of an outer router patterns are compared with the whole template, prefix included, so
///   `/files/{*rest}` opens everything that is mounted at `/files`;
/// * the document is not changed.
pub struct GuardLayer<A> {
    guard: Arc<Guard<A>>,
    below: Below,
}

impl<A: AuthBackend> GuardLayer<A> {
    pub(crate) fn new(guard: Guard<A>) -> Self {
        Self { guard: Arc::new(guard), below: Below::Nothing }
    }

    /// The same guard, for use inside the layers of [`Protected::layer`](crate::web::protected::Protected::layer).
    pub(crate) fn below_layers(&self) -> Self {
        Self { guard: Arc::clone(&self.guard), below: Below::Layers }
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
        Self { guard: Arc::clone(&self.guard), below: self.below }
    }
}

impl<S, A> Layer<S> for GuardLayer<A> {
    type Service = GuardService<S, A>;

    fn layer(&self, inner: S) -> Self::Service {
        GuardService { inner, guard: Arc::clone(&self.guard), below: self.below }
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
    below: Below,
}

impl<S: Clone, A> Clone for GuardService<S, A> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), guard: Arc::clone(&self.guard), below: self.below }
    }
}

impl<S, A: AuthBackend> fmt::Debug for GuardService<S, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("GuardService").field(&A::SPEC.scheme_name).finish()
    }
}

impl<S, A> Service<Request> for GuardService<S, A>
where
    S: Service<Request, Response = Response, Error: 'static> + Clone + Send + 'static,
    S::Future: Send + 'static,
    A: AuthBackend,
{
    type Response = Response;
    type Error = S::Error;
    type Future = GuardFuture<S::Future, S::Error, A>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let guard = Arc::clone(&self.guard);
        let mut request = request.into_parts();
        if self.below == Below::Layers {
            Routed::mark_unsafe(&mut request.0);
        }
        match guard.admit_at_once(&request.0, self.below) {
            Some(Ok(authenticated)) => GuardFuture::inside(&mut self.inner, guard, authenticated, request),
            Some(Err(rejection)) => GuardFuture::refused(rejection.into_response()),
            None => {
                // The service that was polled ready is the one that is called.
                let next = self.inner.clone();
                GuardFuture::later(std::mem::replace(&mut self.inner, next), guard, self.below, request)
            }
        }
    }
}

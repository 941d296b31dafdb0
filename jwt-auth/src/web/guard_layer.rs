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
use crate::web::guard::{Guard, OuterLayers};
use crate::web::guard_future::GuardFuture;
use crate::web::routed::Routed;

/// The guard as a [`tower_layer::Layer`], for experts. Prefer [`Backend::protect`].
///
/// Unlike `protect`, it cannot prevent these mistakes:
///
/// * Routes that are added after the layer are not guarded. With `Router::route_layer`, fallbacks are not guarded either.
/// * If a layer outside the guard changes the method or path of a request, the guard decides about the changed request.
/// * Around a service that is not a `Router` there is no `MatchedPath`. The raw path then decides, and it opens nothing unless
///   it is clean ([`is_clean_path`](crate::guard::is_clean_path)).
/// * Below a prefix of an outer router, patterns are compared with the whole template including the prefix. So `/files/{*rest}`
///   opens everything that is mounted at `/files`.
/// * The OpenAPI document does not show what the layer does.
#[doc(alias = "middleware")]
pub struct GuardLayer<A> {
    guard: Arc<Guard<A>>,
    outer: OuterLayers,
}

impl<A: AuthBackend> GuardLayer<A> {
    pub(crate) fn new(guard: Guard<A>) -> Self {
        Self { guard: Arc::new(guard), outer: OuterLayers::NotRecorded }
    }

    /// The same guard for a router with layers of [`Protected::layer`](crate::web::protected::Protected::layer) outside it.
    pub(crate) fn inside_layers(&self) -> Self {
        Self { guard: Arc::clone(&self.guard), outer: OuterLayers::Recorded }
    }
}

impl<A: AuthBackend, M: Mode> Backend<A, M> {
    /// The guard as a layer, for experts. [`GuardLayer`] lists the mistakes that it cannot prevent.
    pub fn layer(&self) -> GuardLayer<A> {
        GuardLayer::new(Guard::new(self))
    }
}

impl<A> Clone for GuardLayer<A> {
    fn clone(&self) -> Self {
        Self { guard: Arc::clone(&self.guard), outer: self.outer }
    }
}

impl<S, A> Layer<S> for GuardLayer<A> {
    type Service = GuardService<S, A>;

    fn layer(&self, inner: S) -> Self::Service {
        GuardService { inner, guard: Arc::clone(&self.guard), outer: self.outer }
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
    outer: OuterLayers,
}

impl<S: Clone, A> Clone for GuardService<S, A> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), guard: Arc::clone(&self.guard), outer: self.outer }
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
        if self.outer == OuterLayers::Recorded {
            Routed::mark_unsafe(&mut request.0);
        }
        match guard.admit_at_once(&request.0, self.outer) {
            Some(Ok(authenticated)) => GuardFuture::inside(&mut self.inner, guard, authenticated, request),
            Some(Err(rejection)) => GuardFuture::refused(rejection.into_response()),
            None => {
                // Calls the service that was polled ready, and leaves its clone here.
                let next = self.inner.clone();
                GuardFuture::later(std::mem::replace(&mut self.inner, next), guard, self.outer, request)
            }
        }
    }
}

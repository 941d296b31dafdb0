//! What the router was asked for, noted before an outer layer can change the request.
//!
//! axum chooses the route by path and method before the layers of `Router::layer` run, and a layer outside the guard
//! may change the request that the guard sees. So the outermost layer is ours: it notes what was routed, and the guard
//! compares.

use std::task::{Context, Poll};

use axum::extract::{MatchedPath, Request};
use http::request::Parts;
use http::{Method, Uri};
use tower_layer::Layer;
use tower_service::Service;

use crate::credential::csrf::{self, RoutedUnsafe};

/// What was routed, in the extensions of a request to a router with outer layers.
#[derive(Clone, Debug)]
pub(crate) struct Routed {
    pub(crate) method: Method,
    pub(crate) template: Option<MatchedPath>,
    pub(crate) uri: Uri,
}

impl Routed {
    pub(crate) fn template(&self) -> Option<&str> {
        self.template.as_ref().map(MatchedPath::as_str)
    }

    /// Whether the request has still the method, path and template that were routed.
    pub(crate) fn is_unchanged(&self, parts: &Parts, template: Option<&str>) -> bool {
        self.method == parts.method && self.uri.path() == parts.uri.path() && self.template() == template
    }

    /// Marks a request that was routed by an unsafe method, or may have been, whatever its method is now.
    pub(crate) fn mark_unsafe(parts: &mut Parts) {
        if parts.extensions.get::<Self>().is_none_or(|routed| !csrf::is_safe(&routed.method)) {
            parts.extensions.insert(RoutedUnsafe);
        }
    }
}

/// The outermost layer of a protected router that has outer layers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NoteRouted;

impl<S> Layer<S> for NoteRouted {
    type Service = NotingRouted<S>;

    fn layer(&self, inner: S) -> NotingRouted<S> {
        NotingRouted { inner }
    }
}

/// The service that [`NoteRouted`] makes.
#[derive(Clone, Debug)]
pub(crate) struct NotingRouted<S> {
    inner: S,
}

impl<S: Service<Request>> Service<Request> for NotingRouted<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> S::Future {
        let template = request.extensions().get::<MatchedPath>().cloned();
        let routed = Routed { method: request.method().clone(), template, uri: request.uri().clone() };
        request.extensions_mut().insert(routed);
        self.inner.call(request)
    }
}

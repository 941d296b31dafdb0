//! Records the request that axum routed, before an outer layer can change it.
//!
//! axum chooses the route by path and method before the layers of `Router::layer` run. A layer outside the guard can then
//! change the request that the guard sees. So the outermost layer is ours: it records the routed request, and the guard
//! compares the two.

use std::task::{Context, Poll};

use axum::extract::{MatchedPath, Request};
use http::request::Parts;
use http::{Method, Uri};
use tower_layer::Layer;
use tower_service::Service;

use crate::credential::csrf::{self, RoutedUnsafe};

/// The request that axum routed, as an extension of a request to a router with outer layers.
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

    /// Whether the request still has the method, path and template that axum routed.
    pub(crate) fn is_unchanged(&self, parts: &Parts, template: Option<&str>) -> bool {
        self.method == parts.method && self.uri.path() == parts.uri.path() && self.template() == template
    }

    /// Marks a request as unsafe for the CSRF check if it was routed by an unsafe method, even if a layer changed the method
    /// since. Without a record, any method is possible, so the request is marked too.
    pub(crate) fn mark_unsafe(parts: &mut Parts) {
        if parts.extensions.get::<Self>().is_none_or(|routed| !csrf::is_safe(&routed.method)) {
            parts.extensions.insert(RoutedUnsafe);
        }
    }
}

/// The outermost layer of a protected router with outer layers. It records what axum routed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RecordRouted;

impl<S> Layer<S> for RecordRouted {
    type Service = RecordingRouted<S>;

    fn layer(&self, inner: S) -> RecordingRouted<S> {
        RecordingRouted { inner }
    }
}

/// The service that [`RecordRouted`] makes.
#[derive(Clone, Debug)]
pub(crate) struct RecordingRouted<S> {
    inner: S,
}

impl<S: Service<Request>> Service<Request> for RecordingRouted<S> {
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

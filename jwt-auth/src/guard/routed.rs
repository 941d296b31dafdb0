//! What the router was asked for, noted before an outer layer can change the request.
//!
//! axum chooses the route and the method before the layers of `Router::layer` run, and a layer outside the guard may change the
//! request that the guard sees. So the outermost of them all, which is ours, notes what was routed, and the guard compares.

use std::task::{Context, Poll};

use axum::extract::{MatchedPath, Request};
use http::request::Parts;
use http::{Method, Uri};
use tower_layer::Layer;
use tower_service::Service;

use crate::csrf::{self, RoutedUnsafe};

/// In the extensions of a request to a router with outer layers.
#[derive(Clone, Debug)]
pub(super) struct Routed {
    pub(super) method: Method,
    pub(super) template: Option<MatchedPath>,
    pub(super) uri: Uri,
}

impl Routed {
    pub(super) fn template(&self) -> Option<&str> {
        self.template.as_ref().map(MatchedPath::as_str)
    }

    /// Whether the request is what was routed.
    pub(super) fn is_unchanged(&self, parts: &Parts, template: Option<&str>) -> bool {
        self.method == parts.method && self.uri.path() == parts.uri.path() && self.template() == template
    }

    /// Notes that the request may be an unsafe one, whatever its method is now.
    pub(super) fn mark_unsafe(parts: &mut Parts) {
        if parts.extensions.get::<Self>().is_none_or(|routed| !csrf::is_safe(&routed.method)) {
            parts.extensions.insert(RoutedUnsafe);
        }
    }
}

/// The outermost layer of a protected router that has outer layers.
#[derive(Clone, Copy, Debug)]
pub(super) struct NoteRouted;

impl<S> Layer<S> for NoteRouted {
    type Service = NotingRouted<S>;

    fn layer(&self, inner: S) -> NotingRouted<S> {
        NotingRouted { inner }
    }
}

/// The service that [`NoteRouted`] makes.
#[derive(Clone, Debug)]
pub(super) struct NotingRouted<S> {
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

//! The endpoints that the library answers itself, each where the declaration has a path for it: tokens (RFC 6749 sections
//! 4.3 and 6), revocation (RFC 7009), introspection (RFC 7662), and the renewal of a browser's session.

pub(crate) mod introspect;
pub(crate) mod renew;
pub(crate) mod revoke;
pub(crate) mod token;

use std::sync::Arc;

use axum::extract::Request;
use axum::response::Response;
use axum::routing::{MethodRouter, post};
use http::StatusCode;
use http::header::{ALLOW, CACHE_CONTROL, PRAGMA};

use crate::backend::Inner;
use crate::declaration::endpoints::Endpoint;
use crate::hooks::AuthBackend;

/// The endpoints that are mounted where tokens are issued, and their paths. A `token_url` without `authenticate` is the
/// application's own route.
pub(crate) fn endpoints<A: AuthBackend>() -> impl Iterator<Item = (Endpoint, &'static str)> {
    A::SPEC.endpoints().filter(|(endpoint, _)| *endpoint != Endpoint::Token || A::SPEC.authenticates)
}

/// Answers POST, and every other method with 405.
pub(crate) fn route<A: AuthBackend>(endpoint: Endpoint, inner: &Arc<Inner<A>>) -> MethodRouter {
    let inner = Arc::clone(inner);
    post(move |request: Request| answer(endpoint, Arc::clone(&inner), request)).fallback(|| async {
        let headers = [(ALLOW, "POST"), (CACHE_CONTROL, "no-store"), (PRAGMA, "no-cache")];
        (StatusCode::METHOD_NOT_ALLOWED, headers)
    })
}

async fn answer<A: AuthBackend>(endpoint: Endpoint, inner: Arc<Inner<A>>, request: Request) -> Response {
    match endpoint {
        Endpoint::Token => token::answer(inner, request).await,
        Endpoint::Revoke => revoke::answer(inner, request).await,
        Endpoint::Introspect => introspect::answer(inner, request).await,
        Endpoint::Renew => renew::answer(inner, request).await,
    }
}

//! Whether a request came through a prefix of an outer router.

use axum::extract::{NestedPath, OriginalUri};

use crate::access::mount::Mount;

/// The prefix that an outer router stripped. `None` if the router is served without a prefix, on its own or beside others.
pub(crate) fn mount<B>(request: &http::Request<B>) -> Option<Mount> {
    let original = request.extensions().get::<OriginalUri>();
    let is_stripped = original.is_some_and(|original| original.0.path() != request.uri().path());
    let is_nested = request.extensions().get::<NestedPath>().is_some();
    (is_nested || is_stripped).then(|| Mount { uri: request.uri().clone() })
}

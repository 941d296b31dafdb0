//! A request in flight: what the guard keeps while the handler runs, and what it does with the answer.

use std::sync::Arc;

use axum::extract::MatchedPath;
use axum::response::{IntoResponse, Response};
use http::Method;
use http::request::Parts;

use crate::authenticate::Authenticated;
use crate::catch_panic::{Panicked, catch_panic};
use crate::clock::ClockError;
use crate::credential::csrf::{self, RoutedUnsafe};
use crate::hooks::AuthBackend;
use crate::no_store::forbid_storing_by_default;
use crate::rejection::reason::RejectionReason;
use crate::web::guard::Guard;
use crate::web::request_state::{LateAuthentication, RequestState};

/// What the guard keeps of an admitted request while the handler runs.
pub(crate) struct InFlight<A> {
    guard: Arc<Guard<A>>,
    is_authenticated: bool,
    late: Option<LateAuthentication>,
    method: Method,
    matched: Option<MatchedPath>,
}

impl<A: AuthBackend> InFlight<A> {
    /// Puts the state for the extractors into the request.
    pub(crate) fn begin(guard: Arc<Guard<A>>, parts: &mut Parts, authenticated: Option<Authenticated>) -> Self {
        let is_authenticated = authenticated.is_some();
        let (method, matched) = (parts.method.clone(), parts.extensions.get::<MatchedPath>().cloned());
        // The CSRF check in an extractor needs this, because a layer between the guard and the handler may change the method.
        if !csrf::is_safe(&method) {
            parts.extensions.insert(RoutedUnsafe);
        }
        // A clock of the application may panic. That counts as a clock that fails.
        let now = || catch_panic(|| guard.stages.authenticator.now()).unwrap_or(Err(ClockError));
        let state = RequestState::new(Arc::clone(&guard) as _, authenticated, now);
        let late = state.late();
        parts.extensions.insert(state);
        Self { guard, is_authenticated, late, method, matched }
    }

    /// The answer if the handler panicked.
    pub(crate) fn panicked(&self, Panicked: Panicked) -> Response {
        let reason = RejectionReason::Panicked("a handler");
        self.guard.refuse(reason, &self.method, self.matched.as_ref().map(MatchedPath::as_str)).into_response()
    }

    /// Forbids caches to store an answer to an authenticated request, unless the handler allows it (RFC 9111 section 3.5).
    pub(crate) fn marked(&self, mut response: Response) -> Response {
        let was_late = || self.late.as_ref().is_some_and(|late| late.get().is_some());
        if self.is_authenticated || was_late() {
            forbid_storing_by_default(response.headers_mut());
        }
        response
    }
}

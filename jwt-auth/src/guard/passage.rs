//! What is kept of a request while its handler works, and what is done with the answer.

use std::sync::Arc;

use axum::extract::MatchedPath;
use axum::response::{IntoResponse, Response};
use http::header::CACHE_CONTROL;
use http::request::Parts;
use http::{HeaderValue, Method};

use super::admit::{CLOCK_OR_STORE, Guard};
use super::ending::{Unread, end};
use super::session::{Authenticated, Late, Presented, Session};
use crate::backend::{AuthBackend, EndsSession};
use crate::catch::{Panicked, caught};
use crate::rejection::RejectionReason;

/// What is kept of an admitted request.
pub(super) struct Passage<A> {
    guard: Arc<Guard<A>>,
    presented: Option<Presented>,
    late: Option<Late>,
    unread: Option<Unread>,
    method: Method,
    matched: Option<MatchedPath>,
}

impl<A: AuthBackend> Passage<A> {
    /// Leaves the session for the extractors.
    pub(super) fn begin(guard: Arc<Guard<A>>, parts: &mut Parts, authenticated: Option<Authenticated>) -> Self {
        let unread = if authenticated.is_none() { Unread::of(&guard.backend, parts) } else { None };
        let presented = authenticated.as_ref().map(Authenticated::presented);
        let (method, matched) = (parts.method.clone(), parts.extensions.get::<MatchedPath>().cloned());
        let session = Session::new(Arc::clone(&guard) as _, authenticated);
        let late = session.late();
        parts.extensions.insert(session);
        Self { guard, presented, late, unread, method, matched }
    }

    /// By what the request was authenticated, here or by a handler.
    fn presented(&self) -> Option<&Presented> {
        self.presented.as_ref().or_else(|| self.late.as_ref()?.get())
    }

    fn refuse(&self, reason: RejectionReason) -> Response {
        self.guard.refuse(reason, &self.method, self.matched.as_ref().map(MatchedPath::as_str)).into_response()
    }

    /// For a handler that panicked.
    pub(super) fn panicked(&self, Panicked: Panicked) -> Response {
        self.refuse(RejectionReason::Panicked("a handler"))
    }

    /// Ends the sessions that the answer says, and then lets it go.
    pub(super) async fn end(mut self, ends: EndsSession, response: Response) -> Response {
        let unread = self.unread.take();
        match caught(end(&self.guard.backend, ends, self.presented(), unread)).await {
            Ok(Ok(())) => self.marked(response),
            Ok(Err(error)) => self.refuse(RejectionReason::StoreFailed(error.to_string())),
            Err(Panicked) => self.refuse(RejectionReason::Panicked(CLOCK_OR_STORE)),
        }
    }

    /// What was made for one user is not kept for another (RFC 9111 section 3.5).
    pub(super) fn marked(&self, mut response: Response) -> Response {
        if self.presented().is_some() {
            response.headers_mut().entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
        }
        response
    }
}

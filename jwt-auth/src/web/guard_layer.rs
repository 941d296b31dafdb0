//! The guard as a tower layer: the service, its future, and the data of a request that is kept until the answer.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Context;
use std::task::Poll;

use axum::body::Body;
use axum::extract::MatchedPath;
use axum::extract::Request;
use axum::response::IntoResponse;
use axum::response::Response;
use http::Method;
use http::request::Parts;
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::authenticate::Authenticated;
use crate::backend::Backend;
use crate::backend::Mode;
use crate::catch_panic::Panicked;
use crate::catch_panic::catch_panic;
use crate::clock::ClockError;
use crate::credential::csrf;
use crate::credential::csrf::RoutedUnsafe;
use crate::hooks::AuthBackend;
use crate::no_store::forbid_storing_by_default;
use crate::rejection::Rejection;
use crate::rejection::reason::RejectionReason;
use crate::request_info::{ClientOf, RequestFacts};
use crate::web::guard::Guard;
use crate::web::guard::OuterLayers;
use crate::web::request_state::BoxFuture;
use crate::web::request_state::LateAuthentication;
use crate::web::request_state::RequestState;
use crate::web::routed::Routed;

/// The guard as a [`tower_layer::Layer`], for experts. Prefer [`Backend::protect`].
///
/// Unlike `protect`, it cannot prevent these mistakes:
///
/// * Routes that are added after the layer are not guarded. With `Router::route_layer`, fallbacks are not guarded either.
/// * If a layer outside the guard changes the method or path of a request, the guard decides about the changed request.
/// * If the service inside is not a `Router`, a request has no `MatchedPath`. The guard then compares the patterns with the raw
///   path, and a path opens nothing unless it is clean ([`is_clean_path`](crate::guard::is_clean_path)).
/// * Below a prefix of an outer router, patterns are compared with the whole template including the prefix. So `/files/{*rest}`
///   opens everything that is mounted at `/files`.
/// * The endpoints of the declaration, such as the metadata of its `resource`, are not mounted.
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

pin_project! {
    /// The future of a [`GuardService`](crate::web::guard_layer::GuardService).
    ///
    /// It allocates nothing if the guard can decide without waiting. This is the case if the user is rebuilt from the token and
    /// the store is in this process.
    pub struct GuardFuture<F, E, A> {
        #[pin]
        state: State<F, E, A>,
    }
}

pin_project! {
    #[project = StateOf]
    enum State<F, E, A> {
        Refused { response: Option<Response> },
        Inside { #[pin] handler: F, in_flight: Option<InFlight<A>> },
        Later { answer: BoxFuture<'static, Result<Response, E>> },
    }
}

impl<F, E, A> GuardFuture<F, E, A>
where
    F: Future<Output = Result<Response, E>> + Send,
    E: 'static,
    A: AuthBackend,
{
    pub(crate) fn refused(response: Response) -> Self {
        Self { state: State::Refused { response: Some(response) } }
    }

    /// The guard admitted the request, so this calls the handler.
    pub(crate) fn inside<S>(
        service: &mut S,
        guard: Arc<Guard<A>>,
        authenticated: Option<Authenticated>,
        mut request: (Parts, Body),
    ) -> Self
    where
        S: Service<Request, Response = Response, Error = E, Future = F>,
    {
        let in_flight = InFlight::begin(guard, &mut request.0, authenticated);
        let request = Request::from_parts(request.0, request.1);
        match catch_panic(|| service.call(request)) {
            Ok(handler) => Self { state: State::Inside { handler, in_flight: Some(in_flight) } },
            Err(panicked) => Self::refused(in_flight.panicked(panicked)),
        }
    }

    /// The guard has to wait before it can decide, so it decides when this future is polled.
    pub(crate) fn later<S>(mut service: S, guard: Arc<Guard<A>>, outer: OuterLayers, request: (Parts, Body)) -> Self
    where
        S: Service<Request, Response = Response, Error = E, Future = F> + Send + 'static,
    {
        let answer = Box::pin(async move {
            let authenticated = match guard.admit(&request.0, outer).await {
                Ok(authenticated) => authenticated,
                Err(rejection) => return Ok(rejection.into_response()),
            };
            GuardFuture::inside(&mut service, guard, authenticated, request).await
        });
        Self { state: State::Later { answer } }
    }
}

impl<F, E, A> Future for GuardFuture<F, E, A>
where
    F: Future<Output = Result<Response, E>>,
    A: AuthBackend,
{
    type Output = Result<Response, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateOf::Refused { response } => response.take().map_or(Poll::Pending, |it| Poll::Ready(Ok(it))),
            StateOf::Later { answer } => answer.as_mut().poll(cx),
            StateOf::Inside { handler, in_flight } => {
                let answered = match catch_panic(|| handler.poll(cx)) {
                    Ok(Poll::Pending) => return Poll::Pending,
                    Ok(Poll::Ready(answered)) => Ok(answered),
                    Err(panicked) => Err(panicked),
                };
                let Some(in_flight) = in_flight.take() else { return Poll::Pending };
                Poll::Ready(match answered {
                    Ok(response) => response.map(|response| in_flight.marked(response)),
                    Err(panicked) => Ok(in_flight.panicked(panicked)),
                })
            }
        }
    }
}

impl<F, E, A> fmt::Debug for GuardFuture<F, E, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuardFuture").finish_non_exhaustive()
    }
}

/// What the guard keeps of an admitted request while the handler runs.
pub(crate) struct InFlight<A> {
    guard: Arc<Guard<A>>,
    is_authenticated: bool,
    late: Option<LateAuthentication>,
    method: Method,
    matched: Option<MatchedPath>,
    /// The head of the request, if refusals keep it.
    request: Option<Box<Parts>>,
}

impl<A: AuthBackend> InFlight<A> {
    /// Puts the state for the extractors into the request.
    pub(crate) fn begin(guard: Arc<Guard<A>>, parts: &mut Parts, authenticated: Option<Authenticated>) -> Self {
        let is_authenticated = authenticated.is_some();
        let (method, matched) = (parts.method.clone(), parts.extensions.get::<MatchedPath>().cloned());
        let request = guard.stages.presentation.keeps_request().then(|| Box::new(parts.clone()));
        // The CSRF check in an extractor needs this, because a layer between the guard and the handler may change the method.
        if !csrf::is_safe(&method) {
            parts.extensions.insert(RoutedUnsafe);
        }
        // A clock of the application may panic. That counts as a clock that fails.
        let now = || catch_panic(|| guard.stages.authenticator.now()).unwrap_or(Err(ClockError));
        let state = RequestState::new(Arc::clone(&guard) as _, authenticated, now);
        let late = state.late();
        parts.extensions.insert(state);
        Self { guard, is_authenticated, late, method, matched, request }
    }

    /// The answer if the handler panicked.
    pub(crate) fn panicked(&self, Panicked: Panicked) -> Response {
        let reason = RejectionReason::Panicked("a handler");
        let stages = &self.guard.stages;
        let rejection = match &self.request {
            Some(request) => Rejection::of(request, reason, &stages.presentation),
            None => Rejection::new(reason, Some(&stages.presentation)),
        };
        let route = self.matched.as_ref().map(MatchedPath::as_str);
        let facts = RequestFacts { method: &self.method, route, client: ClientOf::Known(None) };
        stages.events.refused(&rejection, facts, None);
        rejection.into_response()
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

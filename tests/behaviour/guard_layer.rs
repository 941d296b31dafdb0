//! The guard as a layer: the inner service is called once, stores and look-ups are asked once, and a panic is a 500.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use jwt_auth::{
    AuthBackend, AuthSession, Backend, MemoryStore, Parts, Protected, Rejection, RejectionReason, Token, auth_backend,
    store::{Document, Key, Reading, Safety, Store, StoreFuture, Summary, Version},
};
use jwt_auth_tests::{call, call_with, serve};
use tower::{Layer, Service, ServiceExt};

use crate::fixture::{Bearer, Hits, User, alice, bearer, ready, request, settings, token};

#[auth_backend(kind = "bearer", user = User, retrieve_user = find, exclude = ["/open"])]
struct Waiting;

async fn find(_: &Waiting, _: &Token, _: &Parts) -> Option<User> {
    tokio::task::yield_now().await;
    Some(alice())
}

/// A service that panics if it is called before it was polled ready, as tower allows.
struct Strict {
    is_ready: bool,
    calls: Hits,
}

impl Clone for Strict {
    fn clone(&self) -> Self {
        Self { is_ready: false, calls: self.calls.clone() }
    }
}

impl Service<Request> for Strict {
    type Response = Response;
    type Error = &'static str;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Response, &'static str>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), &'static str>> {
        self.is_ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        assert!(std::mem::take(&mut self.is_ready), "it was not ready");
        self.calls.hit();
        assert!(request.uri().path() != "/panics", "a bug of the service");
        Box::pin(async move {
            tokio::task::yield_now().await;
            if request.uri().path() == "/fails" { Err("it fails") } else { Ok("in".into_response()) }
        })
    }
}

async fn strict<A: AuthBackend<User = User>>(auth: Backend<A>) {
    let calls = Hits::default();
    let mut service = auth.layer().layer(Strict { is_ready: false, calls: calls.clone() });
    let header = bearer(&token(&auth));
    let mut ask = async |path: &str, headers: &[(&str, &str)]| {
        let request = request("GET", path, headers);
        service.ready().await?.call(request).await.map(|response| response.status().as_u16())
    };
    for round in 0..3 {
        assert_eq!(ask("/me", &[]).await, Ok(401));
        assert_eq!((ask("/me", &[("authorization", &header)]).await, calls.count()), (Ok(200), 4 * round + 1));
        assert_eq!(ask("/panics", &[("authorization", &header)]).await, Ok(500));
        assert_eq!(ask("/fails", &[("authorization", &header)]).await, Err("it fails"));
        assert_eq!(ask("/open", &[]).await, Ok(200));
    }
}

// EXC-02, REL-02: the guard calls the service that was polled ready, and only once. It still works after a refusal and a panic.
#[tokio::test]
async fn the_inner_service_is_called_once_and_only_when_it_is_ready() {
    strict(ready(Bearer.backend())).await;
    strict(ready(Waiting.backend())).await;
}

#[auth_backend(kind = "bearer", user = User, retrieve_user = look_up, revoked = is_revoked)]
struct Counting {
    asked: Hits,
}

async fn look_up(auth: &Counting, _: &Token, _: &Parts) -> Option<User> {
    auth.asked.hit();
    tokio::task::yield_now().await;
    Some(alice())
}

async fn is_revoked(auth: &Counting, _: &Token) -> bool {
    auth.asked.hit();
    tokio::task::yield_now().await;
    false
}

// JWS-14: the guard first tries to decide without waiting, and calls no hook in that try if it has to wait.
#[tokio::test]
async fn a_store_or_look_up_that_waits_is_asked_once() {
    let asked = Hits::default();
    let auth = ready(Counting { asked: asked.clone() }.backend());
    let app = auth.protect(Router::new().route("/me", get(|user: User| async move { user.name }))).unwrap();
    for requests in 1..4 {
        assert_eq!((call_with(&app, &token(&auth)).await.0, asked.count()), (200, 2 * requests));
    }
}

/// Panics on demand, when it is called or when it is polled.
#[derive(Clone, Default)]
struct Panicking {
    store: Arc<MemoryStore>,
    panics: Arc<AtomicBool>,
    answers_at_once: bool,
}

impl Panicking {
    fn may_panic(&self) {
        assert!(!self.panics.load(Ordering::SeqCst), "a bug of the store");
    }
}

impl Store for Panicking {
    fn read<'s>(&'s self, key: &'s Key) -> StoreFuture<'s, Reading> {
        self.store.read(key)
    }

    fn read_summary<'s>(&'s self, key: &'s Key) -> StoreFuture<'s, Option<Summary>> {
        self.may_panic();
        self.store.read_summary(key)
    }

    fn summary_at_once(&self, key: &Key) -> Option<Option<Summary>> {
        self.may_panic();
        if self.answers_at_once { self.store.summary_at_once(key) } else { None }
    }

    fn replace<'s>(&'s self, _: &'s Key, _: Option<Version>, _: Option<Document>, _: Safety) -> StoreFuture<'s, bool> {
        Box::pin(async { panic!("a bug of the store") })
    }
}

fn app<A: AuthBackend<User = User>>(auth: &Backend<A>, hits: &Hits) -> Protected {
    let hits = hits.clone();
    let logout = |session: AuthSession<A>| async move { session.logout().await };
    let router = Router::new().route("/me", get(move || async move { hits.hit() })).route("/logout", post(logout));
    auth.protect(router).unwrap()
}

// REL-02
#[tokio::test]
async fn a_store_that_panics_is_a_500() {
    for answers_at_once in [true, false] {
        let (store, hits) = (Panicking { answers_at_once, ..Panicking::default() }, Hits::default());
        let auth = settings(Bearer.backend()).store(store.clone()).build().unwrap();
        let (app, token) = (app(&auth, &hits), token(&auth));
        assert_eq!(call_with(&app, &token).await.0, 200);
        let logout = call(&app, request("POST", "/logout", &[("authorization", &bearer(&token))])).await;
        assert_eq!(logout.status, 503, "a store that fails while it is written to");
        store.panics.store(true, Ordering::SeqCst);
        let refused = (500, Some(RejectionReason::Panicked("the clock or the store")));
        assert_eq!((call_with(&app, &token).await, hits.count()), (refused, 1));
        store.panics.store(false, Ordering::SeqCst);
        assert_eq!((call_with(&app, &token).await.0, hits.count()), (200, 2));
    }
}

// REL-02
#[tokio::test]
async fn a_clock_that_panics_is_a_500() {
    let (panics, hits) = (Arc::new(AtomicBool::new(false)), Hits::default());
    let bug = Arc::clone(&panics);
    let clock = move || {
        assert!(!bug.load(Ordering::SeqCst), "a bug of the clock");
        crate::fixture::NOW
    };
    let auth = settings(Bearer.backend()).clock(clock.clone()).build().unwrap();
    let waiting = settings(Waiting.backend()).clock(clock).build().unwrap();
    let (token, app, waiting) = (token(&auth), app(&auth, &hits), app(&waiting, &hits));
    panics.store(true, Ordering::SeqCst);
    for app in [&app, &waiting] {
        let refused = (500, Some(RejectionReason::Panicked("the clock or the store")));
        assert_eq!((call_with(app, &token).await, hits.count()), (refused, 0));
    }
}

// REL-02
#[tokio::test]
async fn a_rendering_that_panics_is_a_500() {
    let render = |rejection: &Rejection, _: &Parts| -> Response { panic!("a bug of the application: {rejection}") };
    let auth = settings(Bearer.backend()).rejection_response(render).build().unwrap();
    let waiting = settings(Waiting.backend()).rejection_response(render).build().unwrap();
    let hits = Hits::default();
    for app in [app(&auth, &hits), app(&waiting, &hits)] {
        let answer = jwt_auth_tests::get(serve(app).await, "/me", &[]).await;
        assert_eq!((answer.status, answer.header("content-type")), (500, Some("application/problem+json")));
    }
    assert_eq!(hits.count(), 0);
}

//! Opaque tokens, checked at the introspection endpoint of their issuer on loopback (RFC 7662).

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use jwt_auth::issuer::Introspection;
use jwt_auth::rejection::TokenError;
use jwt_auth::{Backend, Builder, Issuer, Protected, RejectionReason, VerifyOnly, keys::VerifyingKeys};
use jwt_auth_tests::keys::verifying;
use jwt_auth_tests::{call, call_with, serve};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::fixture::{Bearer, NOW, User, alice, bearer, request};
use crate::remote_jwks::{eventually, key};

const NAME: &str = "https://id.test";

/// What the endpoint does.
#[derive(Default)]
struct State {
    calls: AtomicUsize,
    /// The answer to every token that begins with `good`.
    answer: Mutex<Value>,
    /// Replaces every answer, if it is not empty.
    raw: Mutex<String>,
    fails: AtomicBool,
    redirects: AtomicBool,
    /// The last form and credential.
    last: Mutex<(String, String)>,
    now: AtomicI64,
    gate: Mutex<Option<Arc<Semaphore>>>,
}

#[derive(Clone)]
struct Endpoint {
    url: String,
    state: Arc<State>,
}

impl Endpoint {
    async fn start() -> Self {
        let state = Arc::new(State::default());
        state.now.store(NOW, Ordering::SeqCst);
        *state.answer.lock().unwrap() =
            json!({ "active": true, "sub": "7", "name": "alice", "aud": "api", "exp": NOW + 600 });
        let shared = Arc::clone(&state);
        let handler = move |headers: HeaderMap, form: String| async move { shared.answer(&headers, form).await };
        let address = serve(Router::new().route("/introspect", post(handler))).await;
        Self { url: format!("http://{address}/introspect"), state }
    }

    fn introspection(&self) -> Introspection {
        Introspection::new(&self.url, "orders", "secret").allow_http_on_loopback().timeout(Duration::from_secs(60))
    }

    fn issuer(&self) -> Issuer {
        Issuer::new(NAME).introspection(self.introspection()).audience("api")
    }

    fn service(&self, issuer: Issuer) -> (Backend<Bearer, VerifyOnly>, Protected) {
        self.service_of(Bearer.backend().verify_only().trust(issuer))
    }

    fn service_of(&self, builder: Builder<Bearer, VerifyOnly>) -> (Backend<Bearer, VerifyOnly>, Protected) {
        let state = Arc::clone(&self.state);
        let auth = builder.clock(move || state.now.load(Ordering::SeqCst)).build().unwrap();
        let app = auth.protect(Router::new().route("/me", get(|_: User| async {}))).unwrap();
        (auth, app)
    }

    fn calls(&self) -> usize {
        self.state.calls.load(Ordering::SeqCst)
    }

    fn set(&self, name: &str, value: Value) {
        self.state.answer.lock().unwrap()[name] = value;
    }
}

impl State {
    async fn answer(&self, headers: &HeaderMap, form: String) -> Response {
        self.calls.fetch_add(1, Ordering::SeqCst);
        let gate = self.gate.lock().unwrap().clone();
        if let Some(gate) = gate {
            gate.acquire().await.unwrap().forget();
        }
        let credential = headers["authorization"].to_str().unwrap().to_owned();
        let is_good = form.starts_with("token=good");
        *self.last.lock().unwrap() = (form, credential);
        if self.redirects.load(Ordering::SeqCst) {
            return Redirect::to("/evil").into_response();
        }
        if self.fails.load(Ordering::SeqCst) {
            return http::StatusCode::BAD_GATEWAY.into_response();
        }
        let raw = self.raw.lock().unwrap().clone();
        if !raw.is_empty() {
            return raw.into_response();
        }
        let answer = if is_good { self.answer.lock().unwrap().clone() } else { json!({ "active": false }) };
        axum::Json(answer).into_response()
    }
}

async fn outcome(app: &Protected, token: &str) -> (u16, Option<TokenError>) {
    match call_with(app, token).await {
        (status, Some(RejectionReason::Token(error))) => (status, Some(error)),
        (status, _) => (status, None),
    }
}

async fn answer(app: &Protected, token: &str) -> (u16, Option<String>) {
    let answer = call(app, request("GET", "/me", &[("authorization", &bearer(token))])).await;
    (answer.status, answer.header("retry-after").map(str::to_owned))
}

// ISS-13: an active token is accepted, and its answer is kept until the bound or its `exp`.
#[tokio::test]
async fn an_active_token_is_asked_for_once_until_its_answer_is_old() {
    let endpoint = Endpoint::start().await;
    let (_, app) = endpoint.service(endpoint.issuer());
    for _ in 0..3 {
        assert_eq!(outcome(&app, "good~1+/=").await, (200, None));
    }
    assert_eq!(endpoint.calls(), 1);
    let (form, credential) = endpoint.state.last.lock().unwrap().clone();
    assert_eq!(form, "token=good%7E1%2B%2F%3D&token_type_hint=access_token");
    assert_eq!(credential, "Basic b3JkZXJzOnNlY3JldA==");
    endpoint.state.now.fetch_add(59, Ordering::SeqCst);
    assert_eq!((outcome(&app, "good~1+/=").await, endpoint.calls()), ((200, None), 1));
    endpoint.state.now.fetch_add(1, Ordering::SeqCst);
    assert_eq!((outcome(&app, "good~1+/=").await, endpoint.calls()), ((200, None), 2));
    // The token expires before its answer is old.
    endpoint.set("exp", json!(NOW + 70));
    assert_eq!(outcome(&app, "good2").await, (200, None));
    endpoint.state.now.fetch_add(10, Ordering::SeqCst);
    assert_eq!((outcome(&app, "good2").await, endpoint.calls()), ((401, Some(TokenError::Expired)), 3));
    // Without a cache every request asks.
    let (_, app) = endpoint.service_of(Bearer.backend().verify_only().trust(endpoint.issuer()).token_cache(0));
    endpoint.set("exp", Value::Null);
    let before = endpoint.calls();
    for _ in 0..3 {
        assert_eq!(outcome(&app, "good3").await, (200, None));
    }
    assert_eq!(endpoint.calls(), before + 3);
}

// ISS-13
#[tokio::test]
async fn an_inactive_token_is_refused_and_remembered_for_a_while() {
    let endpoint = Endpoint::start().await;
    let (_, app) = endpoint.service(endpoint.issuer());
    for _ in 0..3 {
        assert_eq!(outcome(&app, "bad").await, (401, Some(TokenError::Inactive)));
    }
    assert_eq!(endpoint.calls(), 1);
    endpoint.state.now.fetch_add(5, Ordering::SeqCst);
    assert_eq!((outcome(&app, "bad").await.0, endpoint.calls()), (401, 2));
}

// ISS-13, ISS-01: the answer passes the checks of the issuer's policy.
#[tokio::test]
async fn an_answer_is_checked_like_the_claims_of_a_jwt() {
    let endpoint = Endpoint::start().await;
    let (_, app) = endpoint.service_of(Bearer.backend().verify_only().trust(endpoint.issuer()).token_cache(0));
    for (name, value, expected) in [
        ("iss", json!("https://other.test"), TokenError::Issuer("https://other.test".into())),
        ("aud", json!("other"), TokenError::Audience("other".into())),
        ("aud", Value::Null, TokenError::Audience("".into())),
        ("exp", json!(NOW), TokenError::Expired),
        ("nbf", json!(NOW + 60), TokenError::NotYetValid),
        ("cnf", json!({ "jkt": "x" }), TokenError::ForbiddenClaim("cnf".into())),
        ("token_type", json!("refresh_token"), TokenError::WrongValue("token_type".into())),
        ("token_type", json!("DPoP"), TokenError::WrongValue("token_type".into())),
    ] {
        let before = endpoint.state.answer.lock().unwrap().clone();
        endpoint.set(name, value);
        assert_eq!(outcome(&app, "good").await, (401, Some(expected)));
        *endpoint.state.answer.lock().unwrap() = before;
    }
    for (name, value) in [("iss", json!(NAME)), ("token_type", json!("Bearer"))] {
        endpoint.set(name, value);
        assert_eq!(outcome(&app, "good").await, (200, None));
    }
}

// ISS-13, ISS-10: an outage is no refusal.
#[tokio::test]
async fn an_endpoint_that_fails_or_answers_garbage_makes_503() {
    let endpoint = Endpoint::start().await;
    let (_, app) = endpoint.service(endpoint.issuer());
    assert_eq!(outcome(&app, "good").await, (200, None));
    let unavailable = (503, Some("1".to_owned()));
    for flag in [&endpoint.state.fails, &endpoint.state.redirects] {
        flag.store(true, Ordering::SeqCst);
        assert_eq!(answer(&app, "good2").await, unavailable);
        flag.store(false, Ordering::SeqCst);
    }
    let long = format!("{{\"active\":true,\"x\":\"{}\"}}", "x".repeat(70_000));
    for raw in ["<html>", "[]", "{}", r#"{"active":"true"}"#, r#"{"active":false,"active":true}"#, &long] {
        *endpoint.state.raw.lock().unwrap() = raw.to_owned();
        assert_eq!(answer(&app, "good2").await, unavailable, "{raw:.30}");
    }
    assert_eq!(outcome(&app, "good").await, (200, None), "its answer is known");
    *endpoint.state.raw.lock().unwrap() = String::new();
    assert_eq!(outcome(&app, "good2").await, (200, None));
}

// ISS-13: strangers can cause only so many calls.
#[tokio::test]
async fn made_up_tokens_do_not_flood_the_endpoint() {
    let endpoint = Endpoint::start().await;
    let began = std::time::Instant::now();
    let introspection = endpoint.introspection().inactive_per_second(2).at_once(2);
    let (_, app) = endpoint.service(Issuer::new(NAME).introspection(introspection).audience("api"));
    assert_eq!(outcome(&app, "good").await, (200, None));
    let mut limited = 0;
    for number in 0..200 {
        let answer = answer(&app, &format!("made-up-{number}")).await;
        limited += usize::from(answer == (503, Some("1".to_owned())));
        assert!(answer.0 == 401 || answer.0 == 503, "{answer:?}");
    }
    let allowed = 1 + 2 + 2 + 2 * (1 + began.elapsed().as_secs() as usize);
    assert!(endpoint.calls() <= allowed, "{} calls, {allowed} allowed", endpoint.calls());
    assert_eq!(limited + endpoint.calls() - 1, 200);
    assert_eq!(outcome(&app, "good").await, (200, None), "a token with a known answer is not affected");
}

// ISS-13: concurrent requests with the same new token share one call.
#[tokio::test]
async fn concurrent_requests_with_one_token_share_a_call() {
    let endpoint = Endpoint::start().await;
    let (_, app) = endpoint.service(endpoint.issuer());
    let gate = Arc::new(Semaphore::new(0));
    *endpoint.state.gate.lock().unwrap() = Some(Arc::clone(&gate));
    let all: Vec<_> = (0..32)
        .map(|_| {
            let app = app.clone();
            tokio::spawn(async move { outcome(&app, "good").await })
        })
        .collect();
    eventually(async || endpoint.calls() == 1).await;
    // On this runtime of one thread the other requests have run until they wait.
    gate.add_permits(32);
    for one in all {
        assert_eq!(one.await.unwrap(), (200, None));
    }
    assert_eq!(endpoint.calls(), 1);
}

// ISS-13, ISS-05: which tokens are sent, and to whom.
#[tokio::test]
async fn only_tokens_of_the_issuer_are_sent_to_it() {
    let endpoint = Endpoint::start().await;
    let (_, app) = endpoint.service(endpoint.issuer().max_token_bytes(1024));
    let jwt = |issuer: &str| {
        let auth = Bearer.backend().keys(key("one").into()).issuer(issuer).audience("api").clock(|| NOW);
        auth.build().unwrap().create_token(&alice()).unwrap()
    };
    let stranger = jwt("https://stranger.test");
    for (token, status) in [(stranger.as_str(), 401), ("good,", 400), ("go od", 400), (&"good".repeat(300), 401)] {
        assert_eq!((answer(&app, token).await.0, endpoint.calls()), (status, 0), "{token}");
    }
    // Its own JWT is sent, since there are no keys to verify it.
    assert_eq!((answer(&app, &jwt(NAME)).await.0, endpoint.calls()), (401, 1));
    // With keys, only tokens that are no JWTs are sent.
    let keys = VerifyingKeys::from(verifying(jwt_auth::Algorithm::ES256, "one"));
    let (_, app) = endpoint.service(endpoint.issuer().keys(keys));
    assert_eq!((answer(&app, &jwt(NAME)).await.0, endpoint.calls()), (200, 1));
    assert_eq!((answer(&app, "good").await.0, endpoint.calls()), (200, 2));
    // An opaque token is offered to each issuer until one says that it is active.
    let second = Endpoint::start().await;
    *second.state.raw.lock().unwrap() = r#"{"active":false}"#.to_owned();
    let other = Issuer::new("https://second.test").introspection(second.introspection()).audience("api");
    let (_, app) = endpoint.service_of(Bearer.backend().verify_only().trust(other).trust(endpoint.issuer()));
    assert_eq!((answer(&app, "good").await.0, second.calls(), endpoint.calls()), (200, 1, 3));
}

// ISS-07
#[tokio::test]
async fn a_removed_issuer_is_not_asked_and_its_answers_are_forgotten() {
    let endpoint = Endpoint::start().await;
    let (auth, app) = endpoint.service(endpoint.issuer());
    assert_eq!(outcome(&app, "good").await, (200, None));
    assert!(auth.remove_issuer(NAME));
    assert_eq!((answer(&app, "good").await.0, endpoint.calls()), (401, 1));
}

// ISS-13, CFG-01
#[test]
fn mistakes_are_errors_of_build() {
    let build = |issuer: Issuer| match Bearer.backend().verify_only().trust(issuer.audience("api")).build() {
        Ok(_) => String::new(),
        Err(error) => error.to_string(),
    };
    let at = |url: &str, id: &str| Introspection::new(url, id, "s3cret");
    let good = at("https://id.test/introspect", "orders");
    assert!(!format!("{good:?}").contains("s3cret"));
    assert_eq!(build(Issuer::new(NAME).introspection(good.clone())), "");
    for (issuer, part) in [
        (Issuer::new(NAME).introspection(at("http://id.test/introspect", "orders")), "not `https`"),
        (Issuer::new(NAME).introspection(at("https://id.test/introspect", "")), "client id is empty"),
        (Issuer::new(NAME).introspection(good.clone().at_once(0)), "`at_once`"),
        (Issuer::template("https://id.test/{tenant}", |_| true).introspection(good), "template"),
    ] {
        let error = build(issuer);
        assert!(error.contains(part) && error.contains("introspection"), "{error}");
    }
}

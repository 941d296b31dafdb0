//! Keys that an identity provider publishes on loopback. The provider rotates its keys, stalls and fails.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use jwt_auth::{
    Algorithm, Backend, Issuer, Protected, RemoteJwks, VerifyOnly,
    keys::{Fetch, FetchFuture, SigningKey},
};
use jwt_auth_tests::{call, serve};

use crate::fixture::{Bearer, NOW, User, alice, bearer, request};
use jwt_auth_tests::keys::signing;

/// Only a test that hangs waits this long.
const HANGS: Duration = Duration::from_secs(60);
/// The timeout for a test in which the provider never answers.
const SHORT: Duration = Duration::from_millis(300);

/// An identity provider. Its issuer is its own address.
#[derive(Clone, Default)]
pub(crate) struct Provider {
    pub(crate) state: Arc<State>,
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) set: Mutex<String>,
    cache_control: Mutex<Option<&'static str>>,
    issuer: Mutex<String>,
    fetches: AtomicUsize,
    /// The `Cache-Control` of the last answer.
    answered: Mutex<Option<&'static str>>,
    stalls: AtomicBool,
    pub(crate) fails: AtomicBool,
    redirects: AtomicBool,
}

impl Provider {
    pub(crate) async fn start(key: &SigningKey) -> Self {
        let provider = Self::default();
        provider.publish(&[key]);
        let address = serve(provider.router()).await;
        provider.is_at(address);
        provider
    }

    pub(crate) fn is_at(&self, address: SocketAddr) {
        *self.state.issuer.lock().unwrap() = format!("http://{address}");
    }

    pub(crate) fn router(&self) -> Router {
        let provider = self;
        let keys = provider.clone();
        let configuration = provider.clone();
        Router::new()
            .route("/keys", get(move || async move { keys.answer().await }))
            .route("/evil", get(|| async { "{}" }))
            .route(
                "/.well-known/openid-configuration",
                get(move || async move {
                    let issuer = configuration.issuer();
                    axum::Json(serde_json::json!({ "issuer": issuer, "jwks_uri": format!("{issuer}/keys") }))
                }),
            )
    }

    pub(crate) fn issuer(&self) -> String {
        self.state.issuer.lock().unwrap().clone()
    }

    pub(crate) fn publish(&self, keys: &[&SigningKey]) {
        let sets = keys.iter().map(|key| {
            let auth = Bearer.backend().keys((*key).clone().into()).issuer("x").build().unwrap();
            serde_json::from_str::<serde_json::Value>(&auth.jwks()).unwrap()["keys"][0].clone()
        });
        *self.state.set.lock().unwrap() = serde_json::json!({ "keys": sets.collect::<Vec<_>>() }).to_string();
    }

    async fn answer(&self) -> Response {
        self.state.fetches.fetch_add(1, Ordering::SeqCst);
        if self.state.stalls.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        if self.state.redirects.load(Ordering::SeqCst) {
            return Redirect::to("/evil").into_response();
        }
        if self.state.fails.load(Ordering::SeqCst) {
            return http::StatusCode::BAD_GATEWAY.into_response();
        }
        let mut headers = HeaderMap::new();
        let cache_control = *self.state.cache_control.lock().unwrap();
        if let Some(value) = cache_control {
            headers.insert("cache-control", value.parse().unwrap());
        }
        *self.state.answered.lock().unwrap() = cache_control;
        (headers, self.state.set.lock().unwrap().clone()).into_response()
    }

    pub(crate) fn fetches(&self) -> usize {
        self.state.fetches.load(Ordering::SeqCst)
    }

    pub(crate) fn jwks(&self) -> RemoteJwks {
        RemoteJwks::new(format!("{}/keys", self.issuer())).allow_http_on_loopback().timeout(HANGS)
    }

    pub(crate) fn token(&self, key: &SigningKey) -> String {
        let auth = Bearer.backend().keys(key.clone().into()).issuer(self.issuer()).audience("api").clock(|| NOW);
        auth.build().unwrap().create_token(&alice()).unwrap()
    }

    pub(crate) fn service(&self, jwks: RemoteJwks) -> (Backend<Bearer, VerifyOnly>, Protected) {
        let auth = Bearer
            .backend()
            .verify_only()
            .trust(Issuer::rfc9068(self.issuer()).keys(jwks).audience("api"))
            .clock(|| NOW);
        let auth = auth.build().unwrap();
        let app = auth.protect(Router::new().route("/me", get(|_: User| async {}))).unwrap();
        (auth, app)
    }
}

pub(crate) fn key(name: &'static str) -> SigningKey {
    signing(Algorithm::ES256, name)
}

pub(crate) async fn status(app: &Protected, token: &str) -> u16 {
    call(app, request("GET", "/me", &[("authorization", &bearer(token))])).await.status
}

/// Asks repeatedly until the answer is yes, because a fetch in the background takes a while.
pub(crate) async fn eventually(mut is_so: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !is_so().await {
        assert!(began.elapsed() < HANGS, "it never came to be so");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

// KEY-10: concurrent requests share one fetch, and later requests cause none.
#[tokio::test(flavor = "multi_thread")]
async fn the_first_requests_share_one_fetch_and_later_ones_need_none() {
    let provider = Provider::start(&key("one")).await;
    let (_, app) = provider.service(provider.jwks());
    let token = provider.token(&key("one"));
    let all: Vec<_> = (0..32)
        .map(|_| {
            let (app, token) = (app.clone(), token.clone());
            tokio::spawn(async move { status(&app, &token).await })
        })
        .collect();
    for one in all {
        assert_eq!(one.await.unwrap(), 200);
    }
    for _ in 0..50 {
        assert_eq!(status(&app, &token).await, 200);
    }
    assert_eq!(provider.fetches(), 1);
}

// BRR-02, JWS-14: a token that would be refused with any key is refused at once, even while the keys are missing.
#[tokio::test]
async fn a_malformed_token_does_not_wait_for_keys() {
    let provider = Provider::start(&key("one")).await;
    provider.state.stalls.store(true, Ordering::SeqCst);
    let (_, app) = provider.service(provider.jwks().timeout(SHORT));
    for (malformed, expected) in [("a.b c.d", 400), ("\"a.b.c\"", 400), ("a.b.c,", 400), ("a.b", 401), ("ab", 401)] {
        assert_eq!(status(&app, malformed).await, expected, "{malformed}");
    }
    assert_eq!(status(&app, "a.b.c").await, 401);
    assert_eq!(status(&app, &provider.token(&key("one"))).await, 503);
}

// KEY-10: discovery compares the issuer.
#[tokio::test]
async fn the_configuration_of_the_issuer_names_the_keys() {
    let provider = Provider::start(&key("one")).await;
    let token = provider.token(&key("one"));
    let discover = || RemoteJwks::discover().allow_http_on_loopback().timeout(HANGS);
    let (_, app) = provider.service(discover());
    assert_eq!((status(&app, &token).await, provider.fetches()), (200, 1));
    let (_, app) = provider.service(discover());
    *provider.state.issuer.lock().unwrap() = "https://evil.test".into();
    assert_eq!((status(&app, &token).await, provider.fetches()), (503, 1));
}

// KEY-09, KEY-10: an unknown name causes a fetch in the background, and then the new key is known.
#[tokio::test]
async fn a_rotation_of_the_provider_is_followed() {
    let provider = Provider::start(&key("one")).await;
    let (auth, app) = provider.service(provider.jwks().cooldown(Duration::from_millis(20)));
    let (old, new) = (provider.token(&key("one")), provider.token(&key("two")));
    assert_eq!((status(&app, &old).await, status(&app, &new).await), (200, 401));
    provider.publish(&[&key("one"), &key("two")]);
    eventually(async || status(&app, &new).await == 200).await;
    assert_eq!((status(&app, &old).await, auth.key_ids().len()), (200, 2));
    // A key that is no longer published is refused after a refresh.
    provider.publish(&[&key("two")]);
    *provider.state.cache_control.lock().unwrap() = Some("max-age=0");
    eventually(async || {
        let _ = status(&app, &provider.token(&key("three"))).await;
        status(&app, &old).await == 401
    })
    .await;
    assert_eq!(status(&app, &new).await, 200);
}

// KEY-10: keys are fetched again when the `Cache-Control` of their answer says so, and not before.
#[tokio::test]
async fn keys_are_refreshed_when_their_age_says_so() {
    let provider = Provider::start(&key("one")).await;
    *provider.state.cache_control.lock().unwrap() = Some("no-cache");
    let cooldown = Duration::from_millis(1);
    let (_, app) = provider.service(provider.jwks().cooldown(cooldown));
    let token = provider.token(&key("one"));
    eventually(async || {
        assert_eq!(status(&app, &token).await, 200);
        provider.fetches() >= 4
    })
    .await;
    *provider.state.cache_control.lock().unwrap() = Some("max-age=3600");
    eventually(async || {
        assert_eq!(status(&app, &token).await, 200);
        *provider.state.answered.lock().unwrap() == Some("max-age=3600")
    })
    .await;
    // No other fetch begins while the client still reads that answer.
    let (settled, began) = (provider.fetches(), Instant::now());
    while began.elapsed() < 50 * cooldown {
        assert_eq!(status(&app, &token).await, 200);
        tokio::task::yield_now().await;
    }
    assert_eq!(provider.fetches(), settled);
}

// KEY-10, ISS-09: stale keys stay in use, and a provider that fails does not delay tokens of known keys.
#[tokio::test]
async fn a_provider_that_fails_or_stalls_does_not_delay_known_keys() {
    let provider = Provider::start(&key("one")).await;
    let (_, app) = provider.service(provider.jwks().cooldown(Duration::from_millis(10)));
    let (known, unknown) = (provider.token(&key("one")), provider.token(&key("two")));
    assert_eq!(status(&app, &known).await, 200);
    let state = &provider.state;
    for flag in [&state.fails, &state.redirects] {
        flag.store(true, Ordering::SeqCst);
        for _ in 0..3 {
            assert_eq!((status(&app, &unknown).await, status(&app, &known).await), (503, 200));
        }
    }
    // A provider that stalls never answers, so a request that waited for it would get no answer either.
    state.stalls.store(true, Ordering::SeqCst);
    let before = provider.fetches();
    let waiting = {
        let app = app.clone();
        tokio::spawn(async move { status(&app, &unknown).await })
    };
    eventually(async || provider.fetches() > before).await;
    for _ in 0..20 {
        assert_eq!(status(&app, &known).await, 200);
    }
    assert!(!waiting.is_finished());
    waiting.abort();
}

// KEY-10, REV-04: without keys no token can be judged, and the next fetch waits for the cooldown.
#[tokio::test]
async fn without_keys_a_request_gets_503_with_a_token_and_401_without_one() {
    let provider = Provider::start(&key("one")).await;
    for flag in [&provider.state.fails, &provider.state.stalls, &provider.state.redirects] {
        flag.store(true, Ordering::SeqCst);
        let timeout = if provider.state.stalls.load(Ordering::SeqCst) { SHORT } else { HANGS };
        let (_, app) = provider.service(provider.jwks().timeout(timeout).cooldown(Duration::from_secs(600)));
        let (token, before) = (provider.token(&key("one")), provider.fetches());
        for _ in 0..5 {
            assert_eq!(status(&app, &token).await, 503);
        }
        assert_eq!(call(&app, request("GET", "/me", &[])).await.status, 401);
        assert_eq!(provider.fetches(), before + 1);
        flag.store(false, Ordering::SeqCst);
    }
    // The service recovers after the cooldown.
    provider.state.fails.store(true, Ordering::SeqCst);
    let (_, app) = provider.service(provider.jwks().cooldown(Duration::from_millis(20)));
    let token = provider.token(&key("one"));
    assert_eq!(status(&app, &token).await, 503);
    provider.state.fails.store(false, Ordering::SeqCst);
    eventually(async || status(&app, &token).await == 200).await;
}

// KEY-10, CLM-06: an issuer without keys does not affect the tokens of another issuer.
#[tokio::test]
async fn an_issuer_without_keys_does_not_delay_the_others() {
    let (dead, alive) = (Provider::start(&key("one")).await, Provider::start(&key("two")).await);
    dead.state.stalls.store(true, Ordering::SeqCst);
    let slow = dead.jwks().timeout(Duration::from_secs(60));
    let auth = Bearer
        .backend()
        .verify_only()
        .trust(Issuer::rfc9068(dead.issuer()).keys(slow).audience("api"))
        .trust(Issuer::rfc9068(alive.issuer()).keys(alive.jwks()).audience("api"));
    let auth = auth.clock(|| NOW).build().unwrap();
    let app = auth.protect(Router::new().route("/me", get(|_: User| async {}))).unwrap();
    let known = tokio::time::timeout(Duration::from_secs(20), status(&app, &alive.token(&key("two")))).await;
    assert_eq!(known.expect("it waits for no other issuer"), 200);
    dead.state.fails.store(true, Ordering::SeqCst);
    for strange in ["a.b.c".to_owned(), dead.token(&key("one")).replace('.', "..")] {
        assert_eq!(status(&app, &strange).await, 401);
    }
}

// KEY-10: entries that a set may contain besides usable keys.
#[tokio::test]
async fn unusable_keys_are_left_out_and_an_empty_set_is_a_failure() {
    let provider = Provider::start(&key("one")).await;
    let token = provider.token(&key("one"));
    let own = provider.state.set.lock().unwrap().clone();
    let own: serde_json::Value = serde_json::from_str(&own).unwrap();
    let secret = serde_json::json!({ "kty": "oct", "alg": "HS256", "k": "q3v0J7mX2kD9fS1aLw8ZpT4cYb6NuRhGeVxKoMiQs5E", "kid": "h" });
    let odd = [secret.clone(), serde_json::json!({ "kty": "RSA" }), serde_json::json!(7), own["keys"][0].clone()];
    *provider.state.set.lock().unwrap() = serde_json::json!({ "keys": odd, "more": 1 }).to_string();
    let (auth, app) = provider.service(provider.jwks());
    assert_eq!((status(&app, &token).await, auth.key_ids().len()), (200, 1));
    let long = format!("{{\"keys\":[],\"x\":\"{}\"}}", "x".repeat(70_000));
    for set in [
        r#"{"keys":[]}"#.to_owned(),
        "[]".into(),
        "<html>".into(),
        serde_json::json!({ "keys": [secret] }).to_string(),
        long,
    ] {
        *provider.state.set.lock().unwrap() = set;
        let (_, app) = provider.service(provider.jwks());
        assert_eq!(status(&app, &token).await, 503);
    }
}

// KEY-10
#[test]
fn keys_come_over_tls_and_a_wrong_url_is_an_error_of_build() {
    let build = |jwks: RemoteJwks| {
        let auth =
            Bearer.backend().verify_only().trust(Issuer::new("https://id.test").keys(jwks).audience("api")).build();
        auth.map(drop).map_err(|error| error.to_string())
    };
    assert_eq!(build(RemoteJwks::new("https://id.test/keys")), Ok(()));
    assert_eq!(build(RemoteJwks::discover()), Ok(()));
    for url in ["http://id.test/keys", "http://127.0.0.1/keys", "ftp://id.test", "keys"] {
        let error = build(RemoteJwks::new(url)).unwrap_err();
        assert!(error.contains("not `https`"), "{error}");
    }
    assert!(build(RemoteJwks::new("http://id.test/keys").allow_http_on_loopback()).is_err());
}

/// Panics in the middle of a fetch.
struct Broken;

impl Fetch for Broken {
    fn send<'f>(&'f self, _: http::Request<Vec<u8>>, _: usize) -> FetchFuture<'f> {
        Box::pin(async { panic!("a bug of the client") })
    }
}

// REL-02
#[tokio::test]
async fn a_client_that_panics_is_a_failed_attempt() {
    let provider = Provider::start(&key("one")).await;
    let (_, app) = provider.service(provider.jwks().client(Broken));
    let token = provider.token(&key("one"));
    assert_eq!((status(&app, &token).await, status(&app, &token).await), (503, 503));
}

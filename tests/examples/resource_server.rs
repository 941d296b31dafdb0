//! The resource server against an identity provider of the test's own, which rotates its key, is flooded, and dies.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::routing::get;
use axum::{Json, Router};
use jwt_auth::{Algorithm, auth_backend, keys::SigningKey};
use jwt_auth_tests::keys::signing;
use jwt_auth_tests::{Answer, Example, get as call};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::RESOURCE_SERVER;

/// Only a test that hangs waits for so long after the cooldown.
const HANGS: Duration = Duration::from_secs(120);
/// The time between two fetches, in seconds.
const COOLDOWN: u64 = 30;

#[derive(Clone, jwt_auth::JwtUser)]
struct User {
    #[jwt_user(id)]
    id: String,
}

#[auth_backend(kind = "bearer", user = User, scopes("orders:read" = "Read orders"))]
struct Idp;

struct Provider {
    issuer: String,
    set: Arc<Mutex<Value>>,
    fetches: Arc<AtomicUsize>,
    server: JoinHandle<()>,
}

fn key(name: &'static str) -> SigningKey {
    signing(Algorithm::RS256, name)
}

/// The published set of one key.
fn set(key: SigningKey) -> Value {
    let auth = Idp.backend().keys(key.into()).issuer("x").build().unwrap();
    serde_json::from_str(&auth.jwks()).unwrap()
}

impl Provider {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let (fetches, keys) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(set(key("one")))));
        let configuration = json!({ "issuer": issuer, "jwks_uri": format!("{issuer}/keys") });
        let served = {
            let (fetches, keys) = (Arc::clone(&fetches), Arc::clone(&keys));
            move || async move {
                fetches.fetch_add(1, Ordering::SeqCst);
                Json(keys.lock().unwrap().clone())
            }
        };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(move || async move { Json(configuration) }))
            .route("/keys", get(served));
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { issuer, set: keys, fetches, server }
    }

    fn token(&self, key: SigningKey, scopes: &[&str]) -> String {
        let auth = Idp.backend().keys(key.into()).issuer(&self.issuer).audience("orders").build().unwrap();
        let token = auth.new_token(&User { id: "alice".into() });
        format!("Authorization: Bearer {}", token.scopes(scopes).sign().unwrap())
    }

    async fn example(&self) -> Example {
        let variables = [("ISSUER", self.issuer.as_str()), ("AUDIENCE", "orders")];
        Example::start_with(RESOURCE_SERVER, 0, &variables).await
    }
}

/// Whether the answer says that no known key signed the token: 401, or 503 with the time at which the keys are asked for again,
/// if the provider may have published the key in the meantime.
fn is_of_no_key(answer: &Answer) -> bool {
    let retry_after = answer.header("retry-after").and_then(|seconds| seconds.parse::<u64>().ok());
    match answer.status {
        401 => true,
        503 => retry_after.is_some_and(|seconds| (1..=30).contains(&seconds)),
        _ => false,
    }
}

// CLM-06, BRR-07
#[tokio::test]
async fn tokens_of_the_provider_are_verified() {
    let provider = Provider::start().await;
    let example = provider.example().await;
    let stranger = call(example.address, "/me", &[]).await;
    let challenge = "Bearer realm=\"orders\"";
    assert_eq!((stranger.status, stranger.header("www-authenticate")), (401, Some(challenge)));
    assert_eq!((call(example.address, "/health", &[]).await.status, provider.fetches.load(Ordering::SeqCst)), (200, 0));
    let me = call(example.address, "/me", &[&provider.token(key("one"), &[])]).await;
    let expected = json!({ "id": "alice" });
    assert_eq!((me.status, me.json()), (200, expected));
    let orders = async |scopes: &[&str]| call(example.address, "/orders", &[&provider.token(key("one"), scopes)]).await;
    assert_eq!(
        (orders(&[]).await.status, orders(&["orders:read"]).await.body.as_str()),
        (403, "the orders of alice\n")
    );
    assert!(is_of_no_key(&call(example.address, "/me", &[&provider.token(key("other"), &[])]).await));
}

// KEY-09, KEY-10, ISS-09
#[tokio::test]
async fn the_provider_rotates_its_key_and_goes_away() {
    let provider = Provider::start().await;
    let example = provider.example().await;
    let (old, new) = (provider.token(key("one"), &[]), provider.token(key("two"), &[]));
    let status = async |token: &str| call(example.address, "/me", &[token]).await.status;
    let began = Instant::now();
    assert_eq!(status(&old).await, 200);
    *provider.set.lock().unwrap() = set(key("two"));
    // 500 names that are not known, and the rotation is seen when the cooldown is over.
    for n in 0..500 {
        let unknown = provider.token(key("attacker").with_kid(format!("unknown-{n}")), &[]);
        assert!(is_of_no_key(&call(example.address, "/me", &[&unknown]).await));
    }
    while status(&new).await != 200 {
        assert!(began.elapsed() < HANGS, "the new key was never fetched");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(is_of_no_key(&call(example.address, "/me", &[&old]).await));
    let allowed = 1 + began.elapsed().as_secs() / COOLDOWN;
    let fetches = provider.fetches.load(Ordering::SeqCst);
    assert!((2..=allowed).contains(&(fetches as u64)), "{fetches} fetches, {allowed} allowed");
    provider.server.abort();
    let _ = provider.server.await;
    for _ in 0..50 {
        assert_eq!(status(&new).await, 200);
    }
}

// KEY-10, REV-04
#[tokio::test]
async fn without_its_provider_only_requests_with_a_token_are_denied() {
    let provider = Provider::start().await;
    let token = provider.token(key("one"), &[]);
    provider.server.abort();
    let example =
        Example::start_with(RESOURCE_SERVER, 0, &[("ISSUER", &provider.issuer), ("AUDIENCE", "orders")]).await;
    let answer = call(example.address, "/me", &[&token]).await;
    assert!(answer.status == 503 && is_of_no_key(&answer), "{answer:?}");
    assert_eq!(call(example.address, "/me", &[]).await.status, 401);
    assert_eq!(call(example.address, "/health", &[]).await.status, 200);
}

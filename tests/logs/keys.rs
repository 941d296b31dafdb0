//! What the log says about keys that are fetched.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use jwt_auth::keys::{Fetch, FetchFuture, VerifyingKeys};
use jwt_auth::{Algorithm, Protected, RemoteJwks};
use jwt_auth_tests::call;
use jwt_auth_tests::keys::signing;

use crate::fixture::{Bearer, NOW, User, alice, bearer, request};
use crate::logged;

const ISSUER: &str = "https://id.test";
const URL: &str = "https://id.test/keys";

/// Answers each request with the same text, or with an error that has a cause.
#[derive(Clone, Default)]
struct Provider {
    set: Arc<Mutex<Option<String>>>,
    fetches: Arc<AtomicUsize>,
}

#[derive(Debug)]
struct NotSent(std::io::Error);

impl std::fmt::Display for NotSent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("error sending request")
    }
}

impl std::error::Error for NotSent {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

impl Fetch for Provider {
    fn send<'f>(&'f self, _: http::Request<Vec<u8>>, _: usize) -> FetchFuture<'f> {
        self.fetches.fetch_add(1, Ordering::SeqCst);
        let set = self.set.lock().unwrap().clone();
        Box::pin(async move {
            let set = set.ok_or_else(|| NotSent(std::io::Error::other("unknown authority")))?;
            Ok(http::Response::new(set.into_bytes()))
        })
    }
}

fn set() -> String {
    let auth = Bearer.backend().keys(signing(Algorithm::ES256, "one").into()).issuer(ISSUER).build().unwrap();
    let mut set: serde_json::Value = serde_json::from_str(&auth.jwks()).unwrap();
    let odd = serde_json::json!({ "kty": "RSA", "kid": "odd", "n": "AQAB", "e": "AQAB" });
    set["keys"].as_array_mut().unwrap().push(odd);
    set.to_string()
}

async fn ask(app: &Protected) -> u16 {
    let auth = Bearer.backend().keys(signing(Algorithm::ES256, "one").into()).issuer(ISSUER).audience("api");
    let token = auth.clock(|| NOW).build().unwrap().create_token(&alice()).unwrap();
    call(app, request("GET", "/me", &[("authorization", &bearer(&token))])).await.status
}

fn app(jwks: RemoteJwks) -> Protected {
    let auth = Bearer.backend().verify_only().trust(ISSUER, jwks).audience("api").clock(|| NOW).build().unwrap();
    auth.protect(Router::new().route("/me", get(|_: User| async {}))).unwrap()
}

#[test]
fn a_fetch_that_fails_names_the_issuer_the_url_and_the_causes() {
    let text = logged(|| async {
        let app = app(RemoteJwks::new(URL).client(Provider::default()));
        assert_eq!(ask(&app).await, 503);
    });
    let line = text.lines().find(|line| line.contains("could not be fetched")).expect("a line");
    for says in ["WARN", "jwt_auth", ISSUER, URL, "error sending request: unknown authority", "retry_in_seconds=30"] {
        assert!(line.contains(says), "{says}: {line}");
    }
}

#[test]
fn keys_that_are_left_out_are_named_once() {
    let provider = Provider::default();
    *provider.set.lock().unwrap() = Some(set());
    let text = logged(|| async {
        let jwks = RemoteJwks::new(URL).client(provider.clone()).cooldown(Duration::ZERO).max_age(Duration::ZERO);
        let app = app(jwks);
        while provider.fetches.load(Ordering::SeqCst) < 5 {
            assert_eq!(ask(&app).await, 200);
            tokio::task::yield_now().await;
        }
    });
    let lines: Vec<&str> = text.lines().filter(|line| line.contains("were left out")).collect();
    assert_eq!(lines.len(), 1, "{text}");
    for says in ["WARN", ISSUER, URL, "`odd`: `alg` is missing; name the algorithm with `assume_algorithm`"] {
        assert!(lines[0].contains(says), "{says}: {}", lines[0]);
    }
    let text = logged(|| async { VerifyingKeys::from_jwks(set()).map(drop).unwrap() });
    assert!(text.contains("keys of a JWK Set were left out") && text.contains("`odd`"), "{text}");
}

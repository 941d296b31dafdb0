//! The revocation endpoint (RFC 7009).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::routing::get;
use jwt_auth::{Issuer, MemoryStore, Parts, Protected, RefreshTokens, auth_backend, store::Store};
use jwt_auth_tests::{Answer, call, call_with};
use serde_json::json;

use crate::fixture::{User, request, settings};
use jwt_auth_tests::around::{Around, fail, go_on};

#[auth_backend(kind = "oauth2", user = User, authenticate = check, token_url = "/token", revoke_url = "/revoke")]
struct Auth;

fn check(_: &Auth, username: &str, _: &str, _: &Parts) -> Option<User> {
    Some(User { id: username.len() as u64, name: username.into() })
}

fn service(store: impl Store) -> Protected {
    let auth = settings(Auth.backend()).refresh_tokens(RefreshTokens::new()).store(store).build().unwrap();
    auth.protect(Router::new().route("/me", get(|_: User| async {}))).unwrap()
}

async fn post(app: &Protected, path: &str, form: &str) -> Answer {
    let mut request = request("POST", path, &[("content-type", "application/x-www-form-urlencoded")]);
    *request.body_mut() = form.to_owned().into();
    call(app, request).await
}

async fn sign_in(app: &Protected, more: &str) -> (String, String) {
    let answer = post(app, "/token", &format!("grant_type=password&username=alice&password=x{more}")).await.json();
    let text = |name: &str| answer[name].as_str().unwrap().to_owned();
    (text("access_token"), text("refresh_token"))
}

async fn refresh(app: &Protected, token: &str) -> u16 {
    post(app, "/token", &format!("grant_type=refresh_token&refresh_token={token}")).await.status
}

// REV-01, REV-03
#[tokio::test]
async fn either_token_ends_the_session() {
    let app = service(MemoryStore::new());
    for hint in ["", "&token_type_hint=access_token", "&token_type_hint=refresh_token", "&token_type_hint=x"] {
        for by_refresh_token in [false, true] {
            let (access, token) = sign_in(&app, "").await;
            let (other, _) = sign_in(&app, "").await;
            let revoked = if by_refresh_token { &token } else { &access };
            let answer = post(&app, "/revoke", &format!("token={revoked}{hint}")).await;
            assert_eq!((answer.status, answer.body.as_str()), (200, ""), "{hint}");
            assert_eq!((answer.header("cache-control"), answer.header("pragma")), (Some("no-store"), Some("no-cache")));
            assert_eq!((call_with(&app, &access).await.0, refresh(&app, &token).await), (401, 400), "{hint}");
            assert_eq!(call_with(&app, &other).await.0, 200, "another session goes on");
            assert_eq!(post(&app, "/revoke", &format!("token={revoked}")).await.status, 200, "again");
        }
    }
}

// REV-03: a used refresh token still belongs to its session.
#[tokio::test]
async fn a_used_refresh_token_ends_the_session_too() {
    let app = service(MemoryStore::new());
    let (access, first) = sign_in(&app, "").await;
    assert_eq!(refresh(&app, &first).await, 200);
    assert_eq!(post(&app, "/revoke", &format!("token={first}")).await.status, 200);
    assert_eq!(call_with(&app, &access).await.0, 401);
}

// REV-01
#[tokio::test]
async fn revoking_a_text_that_is_no_token_answers_200() {
    let app = service(MemoryStore::new());
    for token in ["x", "a.b.c", &"A".repeat(43), "%C3%BC", &"x".repeat(9_000)] {
        assert_eq!(post(&app, "/revoke", &format!("token={token}")).await.status, 200, "{token}");
    }
    for form in ["", "token=", "token=a&token=b", "token_type_hint=access_token"] {
        let answer = post(&app, "/revoke", form).await;
        assert_eq!((answer.status, &answer.json()["error"]), (400, &json!("invalid_request")), "{form}");
    }
    assert_eq!(call(&app, request("POST", "/revoke", &[])).await.status, 400, "no form");
    let answer = call(&app, request("GET", "/revoke?token=x", &[])).await;
    assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")));
}

// REV-02
#[tokio::test]
async fn another_clients_token_is_not_revoked() {
    let app = service(MemoryStore::new());
    let (access, token) = sign_in(&app, "&client_id=web").await;
    for revoked in [&access, &token] {
        for other in ["", "&client_id=phone"] {
            let answer = post(&app, "/revoke", &format!("token={revoked}{other}")).await;
            assert_eq!((answer.status, answer.json()), (400, json!({ "error": "invalid_grant" })), "{other}");
        }
    }
    assert_eq!(call_with(&app, &access).await.0, 200);
    assert_eq!(post(&app, "/revoke", &format!("token={token}&client_id=web")).await.status, 200);
    assert_eq!(call_with(&app, &access).await.0, 401);
}

// EXC-02: a backend that issues no tokens mounts no endpoint, so its path is not open.
#[tokio::test]
async fn a_verifier_has_no_revocation_endpoint() {
    let keys = jwt_auth::keys::VerifyingKey::from_secret(jwt_auth::Algorithm::HS256, crate::fixture::SECRET).unwrap();
    let keys = jwt_auth::keys::VerifyingKeys::new([keys]);
    let auth = Auth
        .backend()
        .verify_only()
        .trust(Issuer::rfc9068(crate::fixture::ISSUER).keys(keys).audience("me"))
        .build()
        .unwrap();
    let app = auth.protect(Router::new().fallback(|| async { "in" })).unwrap();
    assert_eq!(call(&app, request("POST", "/revoke", &[])).await.status, 401);
    assert_eq!(call(&app, request("POST", "/token", &[])).await.status, 200, "which is the application's own");
}

// REV-06, STO-04
#[tokio::test]
async fn a_store_full_of_accounts_still_revokes_and_refreshes() {
    let app = service(MemoryStore::with_capacity(8));
    let password = |name: &str| format!("grant_type=password&username={name}&password=x");
    let mut all = Vec::new();
    for name in ["a", "bb", "ccc", "dddd", "eeeee", "ffffff"] {
        let answer = post(&app, "/token", &password(name)).await.json();
        let text = |name: &str| answer[name].as_str().unwrap().to_owned();
        all.push((text("access_token"), text("refresh_token")));
    }
    assert_eq!(post(&app, "/token", &password("ggggggg")).await.status, 503, "a quarter is kept for revocations");
    assert_eq!(refresh(&app, &all[0].1).await, 200);
    let (access, token) = &all[5];
    assert_eq!(post(&app, "/revoke", &format!("token={token}")).await.status, 200);
    assert_eq!((call_with(&app, access).await.0, call_with(&app, &all[0].0).await.0), (401, 200));
}

// REV-01, REV-04, REF-10. The clock stands still, so nothing is retried in the background.
#[tokio::test(start_paused = true)]
async fn a_store_that_fails_answers_503() {
    let fails = Arc::new(AtomicBool::new(false));
    let does_fail = Arc::clone(&fails);
    let store =
        Around::before(&Arc::default(), move |_| if does_fail.load(Ordering::SeqCst) { fail() } else { go_on() });
    let app = service(store);
    let (access, token) = sign_in(&app, "").await;
    fails.store(true, Ordering::SeqCst);
    for revoked in [&access, &token] {
        let answer = post(&app, "/revoke", &format!("token={revoked}")).await;
        assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")));
    }
    let grant = format!("grant_type=refresh_token&refresh_token={token}");
    for form in [grant.as_str(), "grant_type=password&username=alice&password=x"] {
        let answer = post(&app, "/token", form).await;
        assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")), "{form}");
    }
    assert_eq!(call_with(&app, &access).await.0, 503);
    fails.store(false, Ordering::SeqCst);
    assert_eq!((call_with(&app, &access).await.0, refresh(&app, &token).await), (200, 200));
}

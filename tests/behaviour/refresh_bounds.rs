//! Limits of refresh tokens and sign-outs that attacks found missing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::routing::{get, post};
use axum::{Json, Router};
use jwt_auth::testing::FixedClock;
use jwt_auth::{
    AuthSession, Backend, Keys, Login, MemoryStore, Parts, Protected, RefreshTokens, Token, auth_backend,
    oauth2::Client, session::RefreshError,
};
use jwt_auth_tests::{Answer, call, call_with};
use serde_json::json;

use crate::fixture::{NOW, User, alice, bearer, request, settings};

const OWN_PAGE: (&str, &str) = ("sec-fetch-site", "same-origin");

async fn form(app: &Protected, path: &str, form: String) -> Answer {
    let mut request = request("POST", path, &[("content-type", "application/x-www-form-urlencoded")]);
    *request.body_mut() = form.into();
    call(app, request).await
}

/// The access token and the refresh token of a password grant.
async fn signed_in(app: &Protected, more: &str) -> (String, String) {
    tokens(&form(app, "/token", format!("grant_type=password&username=eve&password=x{more}")).await)
}

fn tokens(answer: &Answer) -> (String, String) {
    let body = answer.json();
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    (text("access_token"), text("refresh_token"))
}

async fn refreshed(app: &Protected, refresh_token: &str, more: &str) -> Answer {
    form(app, "/token", format!("grant_type=refresh_token&refresh_token={refresh_token}{more}")).await
}

fn anybody<A>(_: &A, name: &str, _: &str, _: &Parts) -> Option<User> {
    Some(User { id: 7, name: name.into() })
}

#[auth_backend(kind = "oauth2", user = User, token_url = "/token", authenticate = anybody)]
struct Shop;

#[auth_backend(kind = "oauth2", user = User, token_url = "/token", authenticate = anybody, revoke_url = "/revoke")]
struct Staff;

// ONE-03, REF-07: two backends with one issuer and one store are still two backends.
#[tokio::test]
async fn a_refresh_token_gives_nothing_to_a_backend_with_another_audience() {
    let store = Arc::new(MemoryStore::new());
    let shop = settings(Shop.backend()).audience("shop").store(Arc::clone(&store));
    let shop = shop.refresh_tokens(RefreshTokens::new()).build().unwrap().protect(Router::new()).unwrap();
    let staff = settings(Staff.backend()).keys(Keys::hs256_ephemeral().unwrap()).audience("staff").store(store);
    let staff = staff.refresh_tokens(RefreshTokens::new()).build().unwrap();
    let staff_app = staff.protect(Router::new()).unwrap();
    let (_, refresh_token) = signed_in(&shop, "").await;
    let refused = refreshed(&staff_app, &refresh_token, "").await;
    assert_eq!((refused.status, &refused.json()["error"]), (400, &json!("invalid_grant")));
    assert_eq!(form(&staff_app, "/revoke", format!("token={refresh_token}")).await.status, 200);
    assert_eq!(refreshed(&shop, &refresh_token, "").await.status, 200, "it is unused, and its session goes on");
}

#[auth_backend(
    kind = "oauth2",
    user = User,
    token_url = "/token",
    authenticate = anybody,
    revoke_url = "/revoke",
    revoked = is_revoked,
    scopes(read = "Read", write(read) = "Write"),
    exclude = ["POST /sign-out", "POST /renew"],
)]
struct Own {
    /// Tokens from before this second are revoked.
    cutoff: Arc<AtomicU64>,
}

fn is_revoked(own: &Own, token: &Token) -> bool {
    token.issued_at().unwrap_or_default() < own.cutoff.load(Ordering::SeqCst)
}

async fn renew(auth: Backend<Own>, parts: Parts, Json(token): Json<String>) -> Result<Login, RefreshError> {
    auth.refresh(&token, Some("app"), None, &parts).await?.expires_in(Duration::from_secs(20_000)).await
}

/// Sessions of 2,000 seconds and access tokens of 600.
fn own() -> (Protected, FixedClock, Arc<AtomicU64>) {
    let (cutoff, clock) = (Arc::new(AtomicU64::new(0)), FixedClock::at(NOW));
    let policy = RefreshTokens::new().idle(Duration::from_secs(2_000)).absolute(Duration::from_secs(2_000));
    let auth = settings(Own { cutoff: Arc::clone(&cutoff) }.backend())
        .clock(clock.clone())
        .client(Client::public("app"))
        .client(Client::public("writer").scopes(["write"]))
        .lifetime(Duration::from_secs(600))
        .refresh_tokens(policy)
        .build()
        .unwrap();
    let router = Router::new()
        .route("/me", get(|_: User| async {}))
        .route("/renew", post(renew))
        .route("/sign-out", post(|session: AuthSession<Own>| async move { session.logout().await }));
    (auth.protect(router).unwrap(), clock, cutoff)
}

// ONE-03, REV-07: a sign-out by the application's own rule also applies to refresh tokens.
#[tokio::test]
async fn a_refresh_asks_the_revocation_check_of_the_application() {
    let (app, clock, cutoff) = own();
    let (access, refresh_token) = signed_in(&app, "&client_id=app").await;
    clock.advance(Duration::from_secs(10));
    cutoff.store(NOW as u64 + 5, Ordering::SeqCst);
    assert_eq!(call_with(&app, &access).await.0, 401);
    assert_eq!(refreshed(&app, &refresh_token, "&client_id=app").await.json(), json!({ "error": "invalid_grant" }));
    cutoff.store(0, Ordering::SeqCst);
    assert_eq!(refreshed(&app, &refresh_token, "&client_id=app").await.status, 400, "the session has ended");
}

// REF-08, REV-05
#[tokio::test]
async fn a_renewed_access_token_does_not_outlive_its_session() {
    let (app, clock, _) = own();
    let (_, refresh_token) = signed_in(&app, "&client_id=app").await;
    let mut asked = request("POST", "/renew", &[("content-type", "application/json")]);
    *asked.body_mut() = format!("\"{refresh_token}\"").into();
    let renewed = call(&app, asked).await;
    assert_eq!((renewed.status, &renewed.json()["expires_in"]), (200, &json!(2_000)));
    let (access, refresh_token) = tokens(&renewed);
    assert_eq!(form(&app, "/revoke", format!("client_id=app&token={refresh_token}")).await.status, 200);
    for seconds in [0, 1_000, 1_400] {
        clock.advance(Duration::from_secs(seconds));
        assert_eq!(call_with(&app, &access).await.0, 401, "{seconds} seconds later");
    }
}

// ONE-05
#[tokio::test]
async fn a_sign_out_with_an_expired_token_ends_its_session() {
    let (app, clock, _) = own();
    let (access, refresh_token) = signed_in(&app, "&client_id=app").await;
    clock.advance(Duration::from_secs(601));
    let sign_out =
        async |token: &str| call(&app, request("POST", "/sign-out", &[("authorization", &bearer(token))])).await.status;
    let (signed, _) = access.rsplit_once('.').unwrap();
    assert_eq!(sign_out(&format!("{signed}.AAAA")).await, 204, "a forged one names no session");
    let renewed = refreshed(&app, &refresh_token, "&client_id=app").await;
    assert_eq!(renewed.status, 200);
    assert_eq!(sign_out(&access).await, 204);
    let (_, refresh_token) = tokens(&renewed);
    assert_eq!(refreshed(&app, &refresh_token, "&client_id=app").await.status, 400);
}

// ONE-05, CKE-03
#[tokio::test]
async fn a_sign_out_with_a_repeated_cookie_ends_every_session_that_it_presents() {
    let (app, ..) = own();
    let mut access = Vec::new();
    for _ in 0..3 {
        access.push(signed_in(&app, "&client_id=app").await.0);
    }
    let cookies = format!("__Host-token={}; __Host-token={}", access[0], access[1]);
    let headers = [("authorization", &*bearer(&access[2])), ("cookie", &cookies), OWN_PAGE];
    let answer = call(&app, request("POST", "/sign-out", &headers)).await;
    assert_eq!((answer.status, answer.header("set-cookie").is_some()), (204, true));
    for token in &access {
        assert_eq!(call_with(&app, token).await.0, 401);
    }
}

// REF-07, TOK-11
#[tokio::test]
async fn a_client_can_narrow_to_an_implied_scope() {
    let (app, ..) = own();
    let (_, refresh_token) = signed_in(&app, "&client_id=writer&scope=write").await;
    let narrowed = refreshed(&app, &refresh_token, "&client_id=writer&scope=read").await;
    assert_eq!((narrowed.status, &narrowed.json()["scope"]), (200, &json!("read")));
}

#[auth_backend(kind = "cookie", user = User, refresh_url = "/refresh", exclude = ["/open/{*rest}"])]
struct Pages;

// ONE-06, ONE-07
#[tokio::test]
async fn a_sign_in_whose_tokens_could_not_be_used_fails() {
    let auth = settings(Pages.backend()).refresh_tokens(RefreshTokens::new()).build().unwrap();
    let for_another_client = |session: AuthSession<Pages>| async move {
        session.login(&alice()).client_id("web").with_refresh_token().await
    };
    let named = |session: AuthSession<Pages>| async move { session.login(&alice()).jwt_id("device-7").await };
    let router = Router::new()
        .route("/me", get(|_: User| async {}))
        .route("/open/other", post(for_another_client))
        .route("/open/named", post(named));
    let app = auth.protect(router).unwrap();
    assert_eq!(call(&app, request("POST", "/open/other", &[OWN_PAGE])).await.status, 500);
    let first = call(&app, request("POST", "/open/named", &[OWN_PAGE])).await;
    let cookie = first.header("set-cookie").and_then(|cookie| cookie.split(';').next()).unwrap().to_owned();
    let again = call(&app, request("POST", "/open/named", &[OWN_PAGE, ("cookie", &cookie)])).await;
    assert_eq!((first.status, again.status), (200, 500));
    assert_eq!(call(&app, request("GET", "/me", &[("cookie", &cookie)])).await.status, 200, "nothing has changed");
}

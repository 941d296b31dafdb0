//! Browser sessions that are renewed with a refresh token in a cookie.

use std::time::Duration;

use axum::Router;
use axum::routing::{get, post};
use jwt_auth::testing::FixedClock;
use jwt_auth::{AuthSession, JwtUser, Protected, RefreshTokens, auth_backend};
use jwt_auth_tests::{Answer, call};
use utoipa_axum::router::OpenApiRouter;

use crate::fixture::{Bearer, INVALID_TOKEN, NOW, User, alice, request, settings};

#[auth_backend(kind = "cookie", user = User, refresh_url = "/refresh", exclude = ["POST /sign-in", "POST /sign-out"])]
struct Auth;

struct Service {
    app: Protected,
    clock: FixedClock,
}

fn service(refresh: RefreshTokens) -> Service {
    let clock = FixedClock::at(NOW);
    let builder = settings(Auth.backend()).clock(clock.clone()).lifetime(Duration::from_secs(600));
    let auth = builder.refresh_tokens(refresh).build().unwrap();
    let sign_in = |session: AuthSession<Auth>| async move { session.login(&alice()).with_refresh_token().await };
    let router = Router::new()
        .route("/me", get(|user: User| async move { user.name }))
        .route("/sign-in", post(sign_in))
        .route("/sign-out", post(|session: AuthSession<Auth>| async move { session.logout().await }));
    Service { app: auth.protect(router).unwrap(), clock }
}

/// The two cookies that an answer sets, as a browser keeps them.
fn cookies(answer: &Answer) -> (String, String) {
    let lines: Vec<&str> =
        answer.headers.iter().filter(|(name, _)| name == "set-cookie").map(|(_, value)| value.as_str()).collect();
    assert_eq!(lines.len(), 2, "{answer:?}");
    let pair = |line: &str| line.split(';').next().unwrap().to_owned();
    assert!(lines[0].starts_with("__Host-token=") && lines[1].starts_with("__Secure-token-refresh="));
    assert!(lines[1].contains("; HttpOnly; SameSite=Strict; Secure; Path=/refresh; Max-Age="), "{}", lines[1]);
    (pair(lines[0]), pair(lines[1]))
}

const OWN: (&str, &str) = ("sec-fetch-site", "same-origin");

async fn send(app: &Protected, method: &str, path: &str, cookie: &str) -> Answer {
    call(app, request(method, path, &[OWN, ("cookie", cookie)])).await
}

// CKE-10
#[tokio::test]
async fn a_renewal_sets_two_new_cookies() {
    let Service { app, clock } = service(RefreshTokens::new());
    let (access, refresh) = cookies(&send(&app, "POST", "/sign-in", "").await);
    assert_eq!(send(&app, "GET", "/me", &access).await.status, 200);
    clock.advance(Duration::from_secs(600));
    assert_eq!(send(&app, "GET", "/me", &access).await.status, 401);
    let renewed = send(&app, "POST", "/refresh", &refresh).await;
    assert_eq!((renewed.status, renewed.body.as_str(), renewed.header("cache-control")), (204, "", Some("no-store")));
    let (second, next) = cookies(&renewed);
    assert_eq!(send(&app, "GET", "/me", &second).await.body, "alice");
    // A renewal while the access token is still valid and its cookie is sent too: requests that are under way still succeed.
    let (third, _) = cookies(&send(&app, "POST", "/refresh", &format!("{second}; {next}")).await);
    for access in [&second, &third] {
        assert_eq!(send(&app, "GET", "/me", access).await.status, 200);
    }
}

// CKE-10, REF-01
#[tokio::test]
async fn a_used_cookie_ends_the_session_and_removes_both_cookies() {
    let Service { app, .. } = service(RefreshTokens::new());
    let (_, first) = cookies(&send(&app, "POST", "/sign-in", "").await);
    let (access, _) = cookies(&send(&app, "POST", "/refresh", &first).await);
    let again = send(&app, "POST", "/refresh", &first).await;
    assert_eq!((again.status, again.header("www-authenticate")), (401, Some(INVALID_TOKEN)));
    let (no_access, no_refresh) = cookies_removed(&again);
    assert!(no_access && no_refresh, "{again:?}");
    assert_eq!(send(&app, "GET", "/me", &access).await.status, 401);
    for nonsense in ["__Secure-token-refresh=x", "__Secure-token-refresh="] {
        assert_eq!(send(&app, "POST", "/refresh", nonsense).await.status, 401);
    }
}

fn cookies_removed(answer: &Answer) -> (bool, bool) {
    let has = |start: &str, path: &str| {
        let lines = answer.headers.iter().filter(|(name, value)| name == "set-cookie" && value.starts_with(start));
        lines.filter(|(_, value)| value.contains("Max-Age=0") && value.contains(path)).count() == 1
    };
    (has("__Host-token=;", "Path=/"), has("__Secure-token-refresh=;", "Path=/refresh"))
}

// CKE-08, CKE-10, REV-03
#[tokio::test]
async fn a_sign_out_removes_both_cookies_and_ends_the_session() {
    let Service { app, .. } = service(RefreshTokens::new());
    let (access, refresh) = cookies(&send(&app, "POST", "/sign-in", "").await);
    // Browsers send the cookie of the refresh token only to its own path.
    let answer = send(&app, "POST", "/sign-out", &access).await;
    assert_eq!((answer.status, cookies_removed(&answer)), (204, (true, true)));
    assert_eq!(send(&app, "POST", "/refresh", &refresh).await.status, 401);
}

// CKE-05, CKE-10
#[tokio::test]
async fn another_site_cannot_renew_the_session_and_only_the_cookie_can() {
    let Service { app, .. } = service(RefreshTokens::new());
    let (access, refresh) = cookies(&send(&app, "POST", "/sign-in", "").await);
    for headers in [
        vec![("cookie", refresh.as_str())],
        vec![("cookie", &refresh), ("sec-fetch-site", "cross-site")],
        vec![("cookie", &refresh), ("origin", "https://evil.test")],
    ] {
        assert_eq!(call(&app, request("POST", "/refresh", &headers)).await.status, 403, "{headers:?}");
    }
    let value = refresh.split_once('=').unwrap().1;
    let in_header = format!("Bearer {value}");
    assert_eq!(call(&app, request("POST", "/refresh", &[OWN, ("authorization", &in_header)])).await.status, 401);
    assert_eq!(send(&app, "POST", "/refresh", &access).await.status, 401, "an access token is none");
    assert_eq!(send(&app, "POST", "/refresh", &format!("{refresh}; {refresh}")).await.status, 400, "repeated");
    assert_eq!(send(&app, "GET", "/me", &format!("__Host-token={value}")).await.status, 401, "and the reverse");
    let wrong = send(&app, "GET", "/refresh", &refresh).await;
    assert_eq!((wrong.status, wrong.header("allow")), (405, Some("POST")));
    assert_eq!(send(&app, "POST", "/refresh", &refresh).await.status, 204, "none of that used it");
}

// REF-08, CKE-10
#[tokio::test]
async fn the_cookie_ends_with_its_session() {
    let policy = RefreshTokens::new().idle(Duration::from_secs(1_000)).absolute(Duration::from_secs(1_500));
    let Service { app, clock } = service(policy);
    let max_age = |answer: &Answer| {
        let line = answer.headers.iter().rfind(|(name, _)| name == "set-cookie").unwrap().1.clone();
        line.rsplit_once("Max-Age=").unwrap().1.to_owned()
    };
    let answer = send(&app, "POST", "/sign-in", "").await;
    assert_eq!(max_age(&answer), "1000");
    clock.advance(Duration::from_secs(900));
    assert_eq!(max_age(&send(&app, "POST", "/refresh", &cookies(&answer).1).await), "600");
}

#[test]
fn the_builder_and_the_declaration_need_each_other() {
    let error = settings(Auth.backend()).build().map(drop).unwrap_err().to_string();
    assert!(error.contains("`refresh_tokens`") && error.contains("`refresh_url`"), "{error}");
    let auth = settings(Auth.backend()).refresh_tokens(RefreshTokens::new()).build().unwrap();
    let router = Router::new().route("/refresh", get(|| async {}));
    assert!(auth.protect(router).map(drop).unwrap_err().to_string().contains("`refresh_url`"));
    let json = serde_json::to_value(
        auth.protect(OpenApiRouter::new().route("/sign-in", post(|| async {})).route("/sign-out", post(|| async {})))
            .unwrap()
            .1,
    )
    .unwrap();
    let operation = &json["paths"]["/refresh"]["post"];
    let statuses: Vec<&str> = operation["responses"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        (statuses.join(" "), &operation["security"]),
        ("204 400 401 403 500 503".into(), &serde_json::json!([]))
    );
}

#[tokio::test]
async fn a_login_without_a_place_for_the_refresh_token_is_an_error() {
    let auth = settings(Bearer.backend()).refresh_tokens(RefreshTokens::new()).build().unwrap();
    let handler = |session: AuthSession<Bearer>| async move {
        session.login(&alice()).with_refresh_token().await.map(drop).unwrap_err().to_string()
    };
    let app = auth.protect(Router::new().route("/open", post(handler))).unwrap();
    assert!(call(&app, request("POST", "/open", &[])).await.body.contains("`refresh_url"));
    assert_eq!(alice().id(), &7);
}

#[auth_backend(kind = "cookie", user = User, cookie(same_site = "none"), refresh_url = "/refresh", exclude = ["POST /sign-in"])]
struct Embedded;

// B6
#[tokio::test]
async fn a_page_of_another_site_can_renew_a_session_that_it_may_use() {
    let origin = [("origin", "https://app.test"), ("sec-fetch-site", "cross-site")];
    let builder = settings(Embedded.backend()).allowed_origin("https://app.test");
    let auth = builder.refresh_tokens(RefreshTokens::new()).build().unwrap();
    let sign_in = |session: AuthSession<Embedded>| async move { session.login(&alice()).with_refresh_token().await };
    let app = auth.protect(Router::new().route("/sign-in", post(sign_in))).unwrap();
    let mut cookies = call(&app, request("POST", "/sign-in", &origin)).await;
    for path in ["first", "second"] {
        let set: Vec<_> = cookies.headers.iter().filter(|(name, _)| name == "set-cookie").collect();
        assert!(
            set.len() == 2 && set.iter().all(|(_, line)| line.contains("; SameSite=None; Secure; ")),
            "{path}: {set:?}"
        );
        let sent = set[1].1.split(';').next().unwrap().to_owned();
        cookies = call(&app, request("POST", "/refresh", &[origin[0], origin[1], ("cookie", &sent)])).await;
        assert_eq!(cookies.status, 204, "{path}");
        let foreign = [("origin", "https://evil.test"), origin[1], ("cookie", &*sent)];
        assert_eq!(call(&app, request("POST", "/refresh", &foreign)).await.status, 403, "{path}");
    }
}

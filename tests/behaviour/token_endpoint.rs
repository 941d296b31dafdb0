//! The built-in token endpoint.

use std::time::Duration;

use axum::Router;
use axum::routing::{get, post};
use jwt_auth::testing::FixedClock;
use jwt_auth::{
    AuthSession, Backend, Parts, ProtectError, Protected, RefreshTokens, RejectionReason, auth_backend,
    passwords::{MemoryThrottle, NoThrottle, ThrottleLimits},
};
use jwt_auth_tests::{Answer, call, call_with};
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;

use crate::fixture::{NOW, User, request, settings};

#[auth_backend(
    kind = "oauth2",
    user = User,
    authenticate = check_password,
    scope_allowed = may_have,
    token_url = "/token",
    scopes(read = "Read", write = "Write", admin = "Administer"),
)]
struct Auth;

async fn check_password(_: &Auth, username: &str, password: &str, request: &Parts) -> Result<Option<User>, String> {
    assert_ne!(username, "panic", "a bug of the application");
    if username == "broken" {
        return Err("no connection".into());
    }
    let is_right = request.method == "POST" && password == "wonderland" && username == "alice";
    Ok(is_right.then(|| User { id: 7, name: "alice".into() }))
}

fn may_have(_: &Auth, user: &User, scope: &str) -> bool {
    user.name == "alice" && scope != "admin"
}

struct Service {
    auth: Backend<Auth>,
    app: Protected,
    clock: FixedClock,
}

fn service(refresh: Option<RefreshTokens>) -> Service {
    let clock = FixedClock::at(NOW);
    let builder = settings(Auth.backend()).clock(clock.clone());
    let builder = match refresh {
        Some(refresh) => builder.refresh_tokens(refresh),
        None => builder,
    };
    let auth = builder.build().unwrap();
    let logout = |session: AuthSession<Auth>| async move { session.logout().await };
    let router = Router::new().route("/me", get(|user: User| async move { user.name })).route("/logout", post(logout));
    let app = auth.protect(router).unwrap();
    Service { auth, app, clock }
}

async fn form(app: &Protected, form: &str) -> Answer {
    let mut request = request("POST", "/token", &[("content-type", "application/x-www-form-urlencoded")]);
    *request.body_mut() = form.to_owned().into();
    call(app, request).await
}

const GOOD: &str = "grant_type=password&username=alice&password=wonderland";

// TOK-04, TOK-05
#[tokio::test]
async fn a_right_password_gives_a_token() {
    let service = service(None);
    let answer = form(&service.app, &format!("{GOOD}&scope=read")).await;
    assert_eq!(
        (answer.status, answer.header("cache-control"), answer.header("pragma")),
        (200, Some("no-store"), Some("no-cache"))
    );
    let body = answer.json();
    assert_eq!(
        (&body["token_type"], &body["expires_in"], &body["scope"]),
        (&json!("Bearer"), &json!(3600), &json!("read"))
    );
    assert_eq!(body.get("refresh_token"), None);
    let token = body["access_token"].as_str().unwrap();
    assert_eq!(call_with(&service.app, token).await.0, 200);
    assert!(service.auth.verified(token).unwrap().has_scope("read"));
}

// TOK-01
#[tokio::test]
async fn only_post_asks_for_a_token() {
    let service = service(None);
    for method in ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"] {
        let answer = call(&service.app, request(method, "/token", &[])).await;
        assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")), "{method}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{method}");
    }
}

// TOK-02, TOK-03, TOK-06
#[tokio::test]
async fn each_fault_of_a_request_has_its_code() {
    let service = service(None);
    for (body, code) in [
        ("", "invalid_request"),
        ("grant_type=password", "invalid_request"),
        ("grant_type=password&username=alice", "invalid_request"),
        ("grant_type=password&username=alice&password=", "invalid_request"),
        ("grant_type=password&username=alice&username=alice&password=wonderland", "invalid_request"),
        ("grant_type=password&username=%ff&password=x", "invalid_request"),
        ("grant_type=password&username=alice&password=wonderland&client_id=a%0ab", "invalid_request"),
        ("grant_type=client_credentials", "unsupported_grant_type"),
        ("grant_type=refresh_token&refresh_token=x", "unsupported_grant_type"),
        ("grant_type=password&username=alice&password=wrong", "invalid_grant"),
        ("grant_type=password&username=alice&password=wonderland&scope=a%22b", "invalid_scope"),
        ("grant_type=password&username=alice&password=wonderland&scope=unknown", "invalid_scope"),
        ("grant_type=password&username=alice&password=wonderland&scope=admin", "invalid_scope"),
    ] {
        let answer = form(&service.app, body).await;
        assert_eq!((answer.status, &answer.json()["error"]), (400, &json!(code)), "{body}");
        let says = answer.json()["error_description"].as_str().is_some_and(|text| text.contains("each parameter once"));
        assert_eq!(says, code == "invalid_request", "{body}");
        assert_eq!(
            (answer.header("cache-control"), answer.header("content-type")),
            (Some("no-store"), Some("application/json"))
        );
    }
    let mut json = request("POST", "/token", &[("content-type", "application/json")]);
    *json.body_mut() = r#"{"grant_type":"password"}"#.into();
    assert_eq!(call(&service.app, json).await.status, 400);
}

// TOK-08, TOK-09
#[tokio::test]
async fn an_unknown_user_a_wrong_and_a_long_password_are_answered_alike() {
    let service = service(None);
    let wrong = form(&service.app, "grant_type=password&username=alice&password=x").await;
    let unknown = form(&service.app, "grant_type=password&username=nobody&password=x").await;
    let long = form(&service.app, &format!("grant_type=password&username=alice&password={}", "x".repeat(2_000))).await;
    assert_eq!((&wrong, &wrong), (&unknown, &long));
}

// TOK-11
#[tokio::test]
async fn the_granted_scopes_are_those_asked_for_declared_and_allowed() {
    let service = service(None);
    let scope = async |asked: &str| form(&service.app, &format!("{GOOD}&scope={asked}")).await.json()["scope"].clone();
    assert_eq!(scope("read+write+admin+unknown").await, "read write");
    assert_eq!(scope("write").await, "write");
    assert_eq!(form(&service.app, GOOD).await.json().get("scope"), None);
}

// REL-02
#[tokio::test]
async fn a_failure_of_the_application_is_not_a_wrong_password() {
    let service = service(None);
    for username in ["broken", "panic"] {
        let answer = form(&service.app, &format!("grant_type=password&username={username}&password=x")).await;
        assert_eq!((answer.status, answer.json()), (500, json!({ "error": "server_error" })), "{username}");
    }
}

// TOK-10
#[tokio::test]
async fn a_client_that_guesses_has_to_wait() {
    let throttled = |throttle: MemoryThrottle| {
        let auth = settings(Auth.backend()).throttle(throttle).build().unwrap();
        auth.protect(Router::new()).unwrap()
    };
    let limits = ThrottleLimits::new().per_name(3).window(Duration::from_secs(60));
    let app = throttled(MemoryThrottle::new(limits));
    for _ in 0..3 {
        assert_eq!(form(&app, "grant_type=password&username=alice&password=x").await.status, 400);
    }
    let answer = form(&app, GOOD).await;
    assert_eq!((answer.status, answer.header("retry-after")), (429, Some("120")));
    let free = settings(Auth.backend()).throttle(NoThrottle).build().unwrap().protect(Router::new()).unwrap();
    for _ in 0..30 {
        assert_eq!(form(&free, "grant_type=password&username=alice&password=x").await.status, 400);
    }
    assert_eq!(form(&free, GOOD).await.status, 200);
}

// TOK-01: the endpoint, its form and its answers are in the document.
#[test]
fn the_document_has_the_operation() {
    let auth = settings(Auth.backend()).refresh_tokens(RefreshTokens::new()).build().unwrap();
    let (app, document) = auth.protect(OpenApiRouter::new()).unwrap();
    assert!(app.access_map().to_string().contains("POST    /token"));
    let json = serde_json::to_value(document).unwrap();
    let operation = &json["paths"]["/token"]["post"];
    assert_eq!(operation["security"], json!([]));
    let form = &operation["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"];
    assert_eq!(form["properties"]["grant_type"]["enum"], json!(["password", "refresh_token"]));
    let statuses: Vec<&String> = operation["responses"].as_object().unwrap().keys().collect();
    assert_eq!(statuses, ["200", "400", "408", "429", "500", "503"]);
}

#[test]
fn a_route_at_the_token_url_is_an_error_of_protect() {
    let auth = settings(Auth.backend()).build().unwrap();
    let error = auth.protect(Router::new().route("/token", post(|| async {}))).map(drop).unwrap_err();
    assert_eq!(error, ProtectError::PathTaken { key: "token_url", path: "/token".into() });
}

/// The tokens of an answer.
fn tokens(answer: &Answer) -> (String, String) {
    let text = |name: &str| answer.json()[name].as_str().unwrap_or_default().to_owned();
    (text("access_token"), text("refresh_token"))
}

async fn refresh(app: &Protected, token: &str, more: &str) -> Answer {
    form(app, &format!("grant_type=refresh_token&refresh_token={token}{more}")).await
}

fn invalid_grant() -> (u16, Value) {
    (400, json!({ "error": "invalid_grant" }))
}

// REF-01, REF-09
#[tokio::test]
async fn a_refresh_token_is_used_once_and_its_reuse_ends_the_session() {
    let service = service(Some(RefreshTokens::new()));
    let (access, first) = tokens(&form(&service.app, &format!("{GOOD}&scope=read+write")).await);
    assert_eq!(first.len(), 92, "a version, the user's tag, and secrets of 160 and 256 bits");
    let answer = refresh(&service.app, &first, "").await;
    assert_eq!((answer.status, &answer.json()["scope"]), (200, &json!("read write")));
    let (renewed, second) = tokens(&answer);
    assert_ne!((&access, &first), (&renewed, &second));
    assert_eq!((call_with(&service.app, &access).await.0, call_with(&service.app, &renewed).await.0), (200, 200));
    // Somebody uses the first refresh token again.
    let again = refresh(&service.app, &first, "").await;
    assert_eq!((again.status, again.json()), invalid_grant());
    for token in [&access, &renewed] {
        assert_eq!(call_with(&service.app, token).await, (401, Some(RejectionReason::Revoked)));
    }
    let after = refresh(&service.app, &second, "").await;
    assert_eq!((after.status, after.json()), invalid_grant());
}

// CKE-09: a browser refreshes with the cookie of the same session.
#[tokio::test]
async fn a_refresh_does_not_end_its_own_session() {
    let service = service(Some(RefreshTokens::new()));
    let (access, first) = tokens(&form(&service.app, GOOD).await);
    let cookie = format!("__Host-token={access}");
    let kind = ("content-type", "application/x-www-form-urlencoded");
    let mut request = request("POST", "/token", &[kind, ("cookie", &cookie), ("sec-fetch-site", "same-origin")]);
    *request.body_mut() = format!("grant_type=refresh_token&refresh_token={first}").into();
    let answer = call(&service.app, request).await;
    let (renewed, second) = tokens(&answer);
    assert!(answer.header("set-cookie").is_some());
    assert_eq!((call_with(&service.app, &access).await.0, call_with(&service.app, &renewed).await.0), (200, 200));
    assert_eq!(refresh(&service.app, &second, "").await.status, 200);
}

// CKE-09: a sign-in replaces the session of the cookie, also if the client proves who it is in a header.
#[tokio::test]
async fn a_sign_in_beside_another_scheme_ends_the_session_of_the_cookie() {
    let service = service(None);
    let (old, _) = tokens(&form(&service.app, GOOD).await);
    let cookie = format!("__Host-token={old}");
    let kind = ("content-type", "application/x-www-form-urlencoded");
    let headers = [kind, ("cookie", &cookie), ("sec-fetch-site", "same-origin"), ("authorization", "Basic d2ViOg==")];
    let mut request = request("POST", "/token", &headers);
    *request.body_mut() = GOOD.into();
    let answer = call(&service.app, request).await;
    assert!(answer.status == 200 && answer.header("set-cookie").is_some(), "{answer:?}");
    assert_eq!(call_with(&service.app, &old).await, (401, Some(RejectionReason::Revoked)));
}

// REF-07
#[tokio::test]
async fn a_refresh_only_narrows_scopes_and_only_for_its_own_client() {
    let service = service(Some(RefreshTokens::new()));
    let (_, token) = tokens(&form(&service.app, &format!("{GOOD}&scope=read+write")).await);
    let wider = refresh(&service.app, &token, "&scope=read+admin").await;
    assert_eq!((wider.status, wider.json()), (400, json!({ "error": "invalid_scope" })));
    let other = refresh(&service.app, &token, "&client_id=other").await;
    assert_eq!((other.status, other.json()), invalid_grant());
    let (access, of_web) = tokens(&form(&service.app, &format!("{GOOD}&client_id=web")).await);
    assert_eq!(service.auth.verified(&access).unwrap().client_id(), Some("web"));
    for other in ["", "&client_id=other"] {
        assert_eq!(refresh(&service.app, &of_web, other).await.status, 400, "{other}");
    }
    assert_eq!(refresh(&service.app, &of_web, "&client_id=web").await.status, 200);
    let narrow = refresh(&service.app, &token, "&scope=read").await;
    assert_eq!((narrow.status, &narrow.json()["scope"]), (200, &json!("read")), "neither used it up");
}

// REF-08
#[tokio::test]
async fn a_session_ends_however_often_it_is_refreshed() {
    let policy = RefreshTokens::new().idle(Duration::from_secs(4_000)).absolute(Duration::from_secs(9_000));
    let service = service(Some(policy));
    let (_, mut token) = tokens(&form(&service.app, GOOD).await);
    for _ in 0..2 {
        service.clock.advance(Duration::from_secs(3_000));
        token = tokens(&refresh(&service.app, &token, "").await).1;
    }
    service.clock.advance(Duration::from_secs(2_000));
    let answer = refresh(&service.app, &token, "").await;
    assert_eq!((answer.status, &answer.json()["expires_in"]), (200, &json!(1_000)), "no access token outlives it");
    service.clock.advance(Duration::from_secs(1_000));
    let ended = refresh(&service.app, &tokens(&answer).1, "").await;
    assert_eq!((ended.status, ended.json()), invalid_grant());
    // A session that is not refreshed in time also ends.
    let (_, idle) = tokens(&form(&service.app, GOOD).await);
    service.clock.advance(Duration::from_secs(4_000));
    assert_eq!(refresh(&service.app, &idle, "").await.status, 400);
}

// REF-11
#[tokio::test]
async fn within_the_grace_a_used_token_gets_the_same_successor() {
    let service = service(Some(RefreshTokens::new().grace(Duration::from_secs(10))));
    let (_, first) = tokens(&form(&service.app, GOOD).await);
    let (_, one) = tokens(&refresh(&service.app, &first, "").await);
    let (_, again) = tokens(&refresh(&service.app, &first, "").await);
    assert_eq!(one, again);
    service.clock.advance(Duration::from_secs(10));
    assert_eq!(refresh(&service.app, &first, "").await.status, 400);
    assert_eq!(refresh(&service.app, &one, "").await.status, 400, "and the session ended");
}

// REF-04: within one second, the resolution of `iat`.
#[tokio::test]
async fn reuse_is_detected_even_within_one_second() {
    for reused in 0..4 {
        let service = service(Some(RefreshTokens::new()));
        let mut all = vec![tokens(&form(&service.app, GOOD).await)];
        for _ in 0..4 {
            all.push(tokens(&refresh(&service.app, &all.last().unwrap().1, "").await));
        }
        for (access, _) in &all {
            assert_eq!(call_with(&service.app, access).await.0, 200);
        }
        assert_eq!(refresh(&service.app, &all[reused].1, "").await.status, 400);
        assert_eq!(refresh(&service.app, &all[4].1, "").await.status, 400, "{reused}");
        for (access, _) in &all {
            assert_eq!(call_with(&service.app, access).await.0, 401, "{reused}");
        }
    }
}

// REF-05, REV-07
#[tokio::test]
async fn after_a_logout_or_a_sign_out_everywhere_no_refresh_succeeds() {
    let service = service(Some(RefreshTokens::new()));
    let (access, token) = tokens(&form(&service.app, GOOD).await);
    let header = format!("Bearer {access}");
    let headers = [("authorization", header.as_str()), ("sec-fetch-site", "same-origin")];
    assert_eq!(call(&service.app, request("POST", "/logout", &headers)).await.status, 204);
    assert_eq!(refresh(&service.app, &token, "").await.status, 400);
    let (_, other) = tokens(&form(&service.app, GOOD).await);
    service.auth.revoke_user(&7).await.unwrap();
    assert_eq!(refresh(&service.app, &other, "").await.status, 400);
}

// REF-02
#[tokio::test(flavor = "multi_thread")]
async fn of_64_parallel_refreshes_one_succeeds() {
    for _ in 0..20 {
        let service = service(Some(RefreshTokens::new()));
        let (_, token) = tokens(&form(&service.app, GOOD).await);
        let all: Vec<_> = (0..64)
            .map(|_| {
                let (app, token) = (service.app.clone(), token.clone());
                tokio::spawn(async move { refresh(&app, &token, "").await.status })
            })
            .collect();
        let mut won = 0;
        for one in all {
            won += usize::from(one.await.unwrap() == 200);
        }
        assert_eq!(won, 1);
    }
}

#[test]
fn impossible_lifetimes_are_errors_of_build() {
    let build = |refresh: RefreshTokens| settings(Auth.backend()).refresh_tokens(refresh).build().map(drop);
    let second = Duration::from_secs(1);
    assert!(build(RefreshTokens::new()).is_ok());
    for refresh in [
        RefreshTokens::new().idle(Duration::ZERO),
        RefreshTokens::new().idle(second * 10).absolute(second * 9),
        RefreshTokens::new().grace(second * 61),
    ] {
        assert!(build(refresh).unwrap_err().to_string().contains("`refresh_tokens`"), "{refresh:?}");
    }
}

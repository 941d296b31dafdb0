//! What the feature `metrics` counts.

use axum::Router;
use axum::routing::{get, post};
use jwt_auth::passwords::{MemoryThrottle, ThrottleLimits};
use jwt_auth::{AuthSession, Logout, LogoutError, Parts, RefreshTokens, Require, auth_backend};
use jwt_auth_tests::{Answer, call};
use metrics_exporter_prometheus::PrometheusBuilder;

use crate::fixture::{User, alice, bearer, request, settings};

#[auth_backend(
    kind = "oauth2", user = User, authenticate = check, token_url = "/token", scopes(read = "Read"), exclude = ["/open"]
)]
struct Auth;

fn check(_: &Auth, _: &str, password: &str, _: &Parts) -> Option<User> {
    (password == "wonderland").then(alice)
}

async fn sign_out(session: AuthSession<Auth>) -> Result<Logout, LogoutError> {
    session.logout().await
}

async fn use_it() {
    let limits = ThrottleLimits::new().per_name(1);
    let builder = settings(Auth.backend()).refresh_tokens(RefreshTokens::new()).throttle(MemoryThrottle::new(limits));
    let auth = builder.build().unwrap();
    let router = Router::new()
        .route("/me", get(|_: User| async {}))
        .route("/open", get(|| async {}))
        .route("/orders", get(|_: Require<auth::Read>| async {}))
        .route("/sign-out", post(sign_out));
    let app = auth.protect(router).unwrap();
    let form = async |form: String| -> Answer {
        let mut request = request("POST", "/token", &[("content-type", "application/x-www-form-urlencoded")]);
        *request.body_mut() = form.into();
        call(&app, request).await
    };
    let send = async |method: &str, path: &str, token: &str| {
        call(&app, request(method, path, &[("authorization", &bearer(token))])).await.status
    };
    let tokens = form("grant_type=password&username=alice&password=wonderland".to_owned()).await.json();
    let refresh = format!("grant_type=refresh_token&refresh_token={}", tokens["refresh_token"].as_str().unwrap());
    let next = form(refresh.clone()).await.json();
    let next_refresh = next["refresh_token"].as_str().unwrap();
    form(format!("grant_type=refresh_token&refresh_token={next_refresh}")).await;
    let access = tokens["access_token"].as_str().unwrap();
    assert_eq!((send("GET", "/me", access).await, send("GET", "/orders", access).await), (200, 403));
    assert_eq!((send("GET", "/open", access).await, send("GET", "/me", "x").await), (200, 401));
    assert_eq!(send("POST", "/sign-out", access).await, 204);
    form(refresh).await;
    for _ in 0..2 {
        form("grant_type=password&username=bob&password=hunter2".to_owned()).await;
    }
    let other = form("grant_type=password&username=carol&password=wonderland".to_owned()).await.json();
    let other = format!("grant_type=refresh_token&refresh_token={}", other["refresh_token"].as_str().unwrap());
    let second = form(other.clone()).await.json();
    form(format!("grant_type=refresh_token&refresh_token={}", second["refresh_token"].as_str().unwrap())).await;
    assert_eq!(form(other).await.status, 400);
}

// SEE-03
#[test]
fn each_outcome_is_counted_once_and_no_label_names_a_user() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    metrics::with_local_recorder(&recorder, || runtime.block_on(use_it()));
    let text = handle.render();
    let mut counters: Vec<&str> =
        text.lines().filter(|line| line.starts_with("jwt_auth_") && line.contains("_total")).collect();
    counters.sort_unstable();
    let expected = [
        "jwt_auth_refreshes_total{outcome=\"invalid_refresh_token\"} 1",
        "jwt_auth_refreshes_total{outcome=\"reused\"} 1",
        "jwt_auth_refreshes_total{outcome=\"success\"} 4",
        "jwt_auth_requests_total{outcome=\"accepted\"} 3",
        "jwt_auth_requests_total{outcome=\"insufficient_scope\"} 1",
        "jwt_auth_requests_total{outcome=\"open\"} 11",
        "jwt_auth_requests_total{outcome=\"token_not_compact\"} 1",
        "jwt_auth_sign_ins_total{outcome=\"success\"} 2",
        "jwt_auth_sign_ins_total{outcome=\"throttled\"} 1",
        "jwt_auth_sign_ins_total{outcome=\"wrong_password\"} 1",
        "jwt_auth_sign_outs_total{kind=\"session\"} 1",
        "jwt_auth_throttled_total{limit=\"per_name\"} 1",
    ];
    assert_eq!(counters, expected, "{text}");
    for (outcome, count) in [("accepted", 3), ("open", 11), ("refused", 1)] {
        let sample = format!("jwt_auth_authentication_seconds_count{{outcome=\"{outcome}\"}} {count}");
        assert!(text.contains(&sample), "{sample}: {text}");
    }
    for name in ["alice", "bob", "issuer.test", "/me", "/orders"] {
        assert!(!text.contains(name), "{name}: {text}");
    }
    for name in ["requests_total", "authentication_seconds", "sign_ins_total", "throttled_total"] {
        assert!(text.contains(&format!("# HELP jwt_auth_{name} ")), "{name}: {text}");
    }
}

//! Listing the sessions of a user, and ending one of them.

use std::sync::Arc;
use std::time::Duration;

use axum::routing::{get, post};
use axum::{Json, Router};
use jwt_auth::testing::FixedClock;
use jwt_auth::{
    AuthSession, Backend, Login, LoginError, MemoryStore, Protected, RefreshTokens, StoreError, Token, auth_backend,
};
use jwt_auth_tests::{call, call_with};

use crate::fixture::{NOW, User, alice, bearer, request, settings};

#[auth_backend(kind = "oauth2", user = User, token_url = "/token", exclude = ["/sign-in/{*label}"], scopes(read = "Read"))]
struct Auth;

async fn sign_in(session: AuthSession<Auth>, label: axum::extract::Path<String>) -> Result<Login, LoginError> {
    session.login(&alice()).scopes(["read"]).client_id("web").session_label(label.0).with_refresh_token().await
}

async fn others(auth: Backend<Auth>, user: User, token: Token) -> Result<Json<Vec<String>>, StoreError> {
    let sessions = auth.sessions(&user.id).await?;
    Ok(Json(sessions.into_iter().filter(|one| Some(one.id.as_str()) != token.session()).map(|one| one.label).collect()))
}

struct Service {
    auth: Backend<Auth>,
    app: Protected,
    clock: FixedClock,
}

fn service(store: &Arc<MemoryStore>, audience: &str, max_sessions: usize) -> Service {
    let clock = FixedClock::at(NOW);
    let builder = settings(Auth.backend()).audience(audience).clock(clock.clone()).store(Arc::clone(store));
    let policy = RefreshTokens::new().idle(Duration::from_secs(1_000)).absolute(Duration::from_secs(5_000));
    let auth = builder.refresh_tokens(policy).max_sessions(max_sessions).build().unwrap();
    let router = Router::new()
        .route("/me", get(|_: User| async {}))
        .route("/others", get(others))
        .route("/sign-in/{*label}", post(sign_in));
    Service { app: auth.protect(router).unwrap(), auth, clock }
}

impl Service {
    /// The access token and the refresh token.
    async fn begin(&self, label: &str) -> (String, String) {
        let answer = call(&self.app, request("POST", &format!("/sign-in/{label}"), &[])).await.json();
        let text = |name: &str| answer[name].as_str().unwrap().to_owned();
        (text("access_token"), text("refresh_token"))
    }

    async fn labels(&self) -> Vec<String> {
        self.auth.sessions(&7).await.unwrap().into_iter().map(|one| one.label).collect()
    }

    async fn is_refreshed(&self, token: &str) -> bool {
        let parts = request("POST", "/", &[]).into_parts().0;
        match self.auth.refresh(token, Some("web"), None, &parts).await {
            Ok(renewal) => renewal.await.is_ok(),
            Err(_) => false,
        }
    }
}

// SES-01
#[tokio::test]
async fn sessions_are_listed_with_their_details_and_ended_one_by_one() {
    let service = service(&Arc::default(), "me", 100);
    let (phone, _) = service.begin("phone").await;
    service.clock.advance(Duration::from_secs(10));
    let (laptop, refresh_token) = service.begin("laptop").await;
    let (tablet, _) = service.begin("tablet").await;
    service.clock.advance(Duration::from_secs(10));
    assert!(service.is_refreshed(&refresh_token).await);
    let sessions = service.auth.sessions(&7).await.unwrap();
    let (newest, now) = (&sessions[0], NOW as u64);
    assert_eq!(
        (newest.label.as_str(), newest.client_id.as_str(), &newest.scopes[..]),
        ("laptop", "web", &["read".to_owned()][..])
    );
    assert_eq!((newest.began_at, newest.refreshed_at), (now + 10, now + 20));
    assert_eq!((newest.idle_until, newest.ends_at), (now + 1_020, now + 5_010));
    assert_eq!(service.labels().await, ["laptop", "tablet", "phone"]);
    let answer = call(&service.app, request("GET", "/others", &[("authorization", &bearer(&tablet))])).await;
    assert_eq!(answer.json(), serde_json::json!(["laptop", "phone"]));

    let of_laptop = service.auth.verified(&laptop).unwrap().session().unwrap().to_owned();
    assert_eq!(of_laptop, newest.id);
    assert!(!service.auth.end_session(&8, &of_laptop).await.unwrap(), "another user's");
    assert!(service.auth.end_session(&7, &of_laptop).await.unwrap());
    assert!(!service.auth.end_session(&7, &of_laptop).await.unwrap(), "again");
    for name in ["", "x", &"x".repeat(300)] {
        assert!(!service.auth.end_session(&7, name).await.unwrap(), "{name}");
    }
    let status = async |token: &str| call_with(&service.app, token).await.0;
    assert_eq!((status(&phone).await, status(&laptop).await, status(&tablet).await), (200, 401, 200));
    assert_eq!(service.labels().await, ["tablet", "phone"]);
    // An idle session no longer appears in the list.
    service.clock.advance(Duration::from_secs(985));
    assert_eq!(service.labels().await, ["tablet"]);
    service.auth.revoke_user(&7).await.unwrap();
    assert!(service.labels().await.is_empty() && service.auth.sessions(&8).await.unwrap().is_empty());
}

// SES-01, ONE-03: with one issuer and one store, each backend has the sessions of its own audience.
#[tokio::test]
async fn sessions_of_another_backend_are_neither_listed_nor_ended() {
    let store = Arc::default();
    let (one, two) = (service(&store, "one", 100), service(&store, "two", 100));
    let (access, _) = one.begin("phone").await;
    let name = one.auth.verified(&access).unwrap().session().unwrap().to_owned();
    assert!(two.labels().await.is_empty());
    assert!(!two.auth.end_session(&7, &name).await.unwrap());
    assert_eq!((one.labels().await, call_with(&one.app, &access).await.0), (vec!["phone".to_owned()], 200));
}

// STO-04
#[tokio::test]
async fn beyond_max_sessions_the_least_recently_refreshed_session_ends() {
    let service = service(&Arc::default(), "me", 2);
    let (first, refresh_token) = service.begin("first").await;
    let (second, _) = service.begin("second").await;
    service.clock.advance(Duration::from_secs(1));
    assert!(service.is_refreshed(&refresh_token).await);
    let (third, _) = service.begin("third").await;
    let status = async |token: &str| call_with(&service.app, token).await.0;
    assert_eq!((status(&first).await, status(&second).await, status(&third).await), (200, 401, 200));
}

#[tokio::test]
async fn a_long_label_is_cut_and_settings_out_of_range_are_errors() {
    let service = service(&Arc::default(), "me", 2);
    service.begin(&format!("x{}", "%C3%A9".repeat(200))).await;
    assert_eq!(service.labels().await, [format!("x{}", "\u{e9}".repeat(127))], "cut after 255 bytes");
    let build = |sessions| settings(Auth.backend()).max_sessions(sessions).build().map(drop);
    assert!(build(1).is_ok() && build(250).is_ok());
    for sessions in [0, 251] {
        assert!(build(sessions).unwrap_err().to_string().starts_with("`max_sessions`"));
    }
    let build = |seconds| settings(Auth.backend()).clocks_apart(Duration::from_secs(seconds)).build().map(drop);
    assert!(build(0).is_ok() && build(60).is_ok());
    assert!(build(61).unwrap_err().to_string().starts_with("`clocks_apart`"));
}

// STO-03
#[test]
fn no_token_lives_longer_than_a_sign_out_everywhere_is_kept() {
    const DAY: u64 = 24 * 60 * 60;
    let build = |days| settings(Auth.backend()).max_lifetime(Duration::from_secs(days * DAY)).build().map(drop);
    assert!(build(400).is_ok());
    assert!(build(401).unwrap_err().to_string().contains("400 days"));
    let lifetime = settings(Auth.backend()).lifetime(Duration::from_secs(401 * DAY)).build().map(drop);
    assert!(lifetime.unwrap_err().to_string().contains("400 days"));
}

//! The limits of the record that the store keeps for one account.

use std::time::Duration;

use axum::Router;
use axum::routing::{get, post};
use jwt_auth::testing::FixedClock;
use jwt_auth::{AuthSession, Builder, Protected, RefreshTokens, auth_backend};
use jwt_auth_tests::{Answer, call, call_with};

use crate::fixture::{NOW, User, alice, request, settings};

#[auth_backend(kind = "oauth2", user = User, token_url = "/token", exclude = ["/sign-in"])]
struct Auth;

#[auth_backend(kind = "cookie", user = User, exclude = ["/sign-in"])]
struct Pages;

fn app(builder: Builder<Auth>) -> (jwt_auth::Backend<Auth>, Protected) {
    let auth = builder.build().unwrap();
    let sign_in = |session: AuthSession<Auth>| async move { session.login(&alice()).with_refresh_token().await };
    let router = Router::new().route("/me", get(|_: User| async {})).route("/sign-in", post(sign_in));
    let app = auth.protect(router).unwrap();
    (auth, app)
}

fn access(answer: &Answer) -> String {
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

// SES-01: `max_sessions` may be up to 250, and 64 KiB hold about 200 sessions.
#[tokio::test]
async fn max_sessions_may_be_as_high_as_the_builder_allows() {
    let (auth, app) = app(settings(Auth.backend()).max_sessions(250).refresh_tokens(RefreshTokens::new()));
    for _ in 0..250 {
        assert_eq!(call(&app, request("POST", "/sign-in", &[])).await.status, 200);
    }
    let sessions = auth.sessions(&7).await.unwrap().len();
    assert!(sessions >= 200, "{sessions}");
}

// SES-01: access tokens of an hour, and refresh tokens of ten minutes.
#[tokio::test]
async fn a_session_whose_access_token_is_accepted_can_be_ended() {
    let clock = FixedClock::at(NOW);
    let policy = RefreshTokens::new().idle(Duration::from_secs(600));
    let (auth, app) = app(settings(Auth.backend()).clock(clock.clone()).refresh_tokens(policy));
    let token = access(&call(&app, request("POST", "/sign-in", &[])).await);
    let id = auth.verified(&token).unwrap().session().unwrap().to_owned();
    clock.advance(Duration::from_secs(601));
    let _ = auth.end_session(&7, &id).await.unwrap();
    assert_eq!(call_with(&app, &token).await.0, 401);
}

// ONE-07: an issued token is accepted. A page signs its browser in again and again, once a second. Then more tokens are revoked
// than the store can keep one by one, so it refuses all tokens that the user got before.
#[tokio::test]
async fn after_many_sign_ins_by_cookie_the_last_cookie_is_accepted() {
    let clock = FixedClock::at(NOW);
    let auth = settings(Pages.backend()).clock(clock.clone()).build().unwrap();
    let sign_in = |session: AuthSession<Pages>| async move { session.login(&alice()).await };
    let router = Router::new().route("/me", get(|_: User| async {})).route("/sign-in", post(sign_in));
    let app = auth.protect(router).unwrap();
    let own_page = ("sec-fetch-site", "same-origin");
    let mut cookie = String::from("none=1");
    for n in 0..70 {
        let answer = call(&app, request("POST", "/sign-in", &[("cookie", &cookie), own_page])).await;
        // A sign-in that fails must say so, and keep the earlier session.
        if answer.status == 200 {
            answer.header("set-cookie").unwrap().split(';').next().unwrap().clone_into(&mut cookie);
        }
        let me = call(&app, request("GET", "/me", &[("cookie", &cookie)])).await;
        assert_eq!(me.status, 200, "after sign-in {n}, which was answered {}", answer.status);
        clock.advance(Duration::from_secs(1));
    }
}

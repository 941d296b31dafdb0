//! Attack: the bounds of what is kept of one account.

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

// SES-01: `max_sessions` may be up to 250.
#[tokio::test]
async fn a_user_has_as_many_sessions_as_the_builder_says() {
    let (auth, app) = app(settings(Auth.backend()).max_sessions(250).refresh_tokens(RefreshTokens::new()));
    for _ in 0..250 {
        assert_eq!(call(&app, request("POST", "/sign-in", &[])).await.status, 200);
    }
    assert_eq!(auth.sessions(&7).await.unwrap().len(), 250);
}

//! The sessions of a backend with `strict_audience()`.

use axum::Router;
use axum::routing::{get, post};
use jwt_auth::{AuthSession, Login, LoginError, RefreshTokens, auth_backend};
use jwt_auth_tests::{call, call_with};

use crate::fixture::{User, alice, request, settings};

#[auth_backend(kind = "oauth2", user = User, token_url = "/token", exclude = ["/sign-in"])]
struct Auth;

async fn sign_in(session: AuthSession<Auth>) -> Result<Login, LoginError> {
    session.login(&alice()).session_label("phone").with_refresh_token().await
}

// SES-01
#[tokio::test]
async fn its_sessions_are_listed_refreshed_and_ended() {
    let builder = settings(Auth.backend()).audience("shop").strict_audience();
    let auth = builder.refresh_tokens(RefreshTokens::new()).build().unwrap();
    let router = Router::new().route("/me", get(|_: User| async {})).route("/sign-in", post(sign_in));
    let app = auth.protect(router).unwrap();
    let answer = call(&app, request("POST", "/sign-in", &[])).await.json();
    let (access, refresh) = (answer["access_token"].as_str().unwrap(), answer["refresh_token"].as_str().unwrap());
    assert_eq!(call_with(&app, access).await.0, 200);

    let listed = auth.sessions(&7).await.unwrap();
    assert_eq!(listed.iter().map(|one| one.label.as_str()).collect::<Vec<_>>(), ["phone"]);
    let parts = request("POST", "/", &[]).into_parts().0;
    let renewed = auth.refresh(refresh, None, None, &parts).await.unwrap().await.unwrap();
    assert_eq!(call_with(&app, renewed.token()).await.0, 200);

    assert!(auth.end_session(&7, &listed[0].id).await.unwrap());
    assert!(auth.sessions(&7).await.unwrap().is_empty());
    for token in [access, renewed.token()] {
        assert_eq!(call_with(&app, token).await.0, 401);
    }
}

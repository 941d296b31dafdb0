//! The service that the tests drive: it signs anyone in, refreshes, and signs out.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::{get, post};
use jwt_auth::{AuthSession, Backend, Keys, Parts, Protected, RefreshTokens, Store, auth_backend};
use jwt_auth_tests::call;

#[derive(Clone, jwt_auth::JwtUser)]
pub(crate) struct User {
    #[jwt_user(id)]
    pub(crate) id: String,
}

#[auth_backend(kind = "oauth2", user = User, token_url = "/token", authenticate = check)]
pub(crate) struct Auth;

fn check(_: &Auth, username: &str, _: &str, _: &Parts) -> Option<User> {
    Some(User { id: username.to_owned() })
}

pub(crate) fn backend(store: Arc<dyn Store>, timeout: Duration) -> Backend<Auth> {
    let keys = Keys::hs256("q3v0J7mX2kD9fS1aLw8ZpT4cYb6NuRhGeVxKoMiQs5E").unwrap();
    let auth = Auth.backend().keys(keys).issuer("https://issuer.test").store(store).store_timeout(timeout);
    auth.refresh_tokens(RefreshTokens::new()).build().unwrap()
}

pub(crate) fn protect(auth: &Backend<Auth>) -> Protected {
    let logout = |session: AuthSession<Auth>| async move { session.logout().await };
    let router = Router::new().route("/me", get(|_: User| async {})).route("/logout", post(logout));
    auth.protect(router).unwrap()
}

pub(crate) fn instance(store: Arc<dyn Store>) -> Protected {
    protect(&backend(store, Duration::from_secs(2)))
}

async fn form(app: &Protected, form: String) -> jwt_auth_tests::Answer {
    let request = http::Request::post("/token").header("content-type", "application/x-www-form-urlencoded");
    call(app, request.body(form.into()).unwrap()).await
}

/// The status, and the two tokens where it is 200.
async fn tokens(app: &Protected, text: String) -> (u16, String, String) {
    let answer = form(app, text).await;
    let body = answer.json();
    let token = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    (answer.status, token("access_token"), token("refresh_token"))
}

pub(crate) async fn try_sign_in(app: &Protected, name: &str) -> (u16, String, String) {
    tokens(app, format!("grant_type=password&username={name}&password=x")).await
}

pub(crate) async fn try_refresh(app: &Protected, token: &str) -> (u16, String, String) {
    tokens(app, format!("grant_type=refresh_token&refresh_token={token}")).await
}

/// The access token and the refresh token of a new user.
pub(crate) async fn sign_in(app: &Protected) -> (String, String) {
    let (status, access, refresh) = try_sign_in(app, &fresh_name()).await;
    assert_eq!(status, 200);
    (access, refresh)
}

/// Another user each time, as the database may be an old one.
pub(crate) fn fresh_name() -> String {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes).unwrap();
    format!("u{}", u128::from_ne_bytes(bytes))
}

pub(crate) async fn refresh(app: &Protected, token: &str) -> u16 {
    try_refresh(app, token).await.0
}

pub(crate) async fn log_out(app: &Protected, access: &str) -> u16 {
    let logout = http::Request::post("/logout").header("authorization", format!("Bearer {access}"));
    call(app, logout.body(axum::body::Body::empty()).unwrap()).await.status
}

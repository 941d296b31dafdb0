//! The service that the tests drive: it signs anyone in, at the token endpoint and in handlers, refreshes, and signs out.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::Path;
use axum::routing::{get, post};
use http::StatusCode;
use jwt_auth::{
    AuthSession, Backend, Keys, Login, LoginError, Parts, Protected, RefreshTokens, auth_backend, oauth2::Client,
    store::Store,
};
use jwt_auth_tests::{Answer, call, call_with};

#[derive(Clone, jwt_auth::JwtUser)]
pub(crate) struct User {
    #[jwt_user(id)]
    pub(crate) id: String,
}

#[auth_backend(
    kind = "oauth2",
    user = User,
    token_url = "/token",
    revoke_url = "/revoke",
    authenticate = check,
    exclude = ["/sign-in/{*rest}"],
)]
pub(crate) struct Auth;

/// Users whose password is `new`. For all other users, any password is right.
static CHANGED: Mutex<Option<HashSet<String>>> = Mutex::new(None);

/// From now on the user's password is `new`.
pub(crate) fn change_password(name: &str) {
    CHANGED.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default().insert(name.to_owned());
}

async fn check(_: &Auth, username: &str, password: &str, _: &Parts) -> Option<User> {
    tokio::task::yield_now().await;
    let changed = CHANGED.lock().unwrap_or_else(PoisonError::into_inner);
    let is_right = password == "new" || !changed.as_ref().is_some_and(|changed| changed.contains(username));
    is_right.then(|| User { id: username.to_owned() })
}

/// A handler that signs in by itself: with a session, or without one.
async fn handler(
    session: AuthSession<Auth>,
    Path((kind, name, password)): Path<(String, String, String)>,
    parts: Parts,
) -> Result<Result<Login, LoginError>, StatusCode> {
    let user = check(session.config(), &name, &password, &parts).await.ok_or(StatusCode::BAD_REQUEST)?;
    let login = session.login(&user);
    Ok(if kind == "plain" { login.await } else { login.with_refresh_token().await })
}

const SECRET: &str = "q3v0J7mX2kD9fS1aLw8ZpT4cYb6NuRhGeVxKoMiQs5E";

pub(crate) fn keys() -> Keys {
    Keys::hs256(SECRET).unwrap()
}

pub(crate) fn backend(store: Arc<dyn Store>, timeout: Duration) -> Backend<Auth> {
    let auth = Auth.backend().keys(keys()).issuer("https://issuer.test").store(store).store_timeout(timeout);
    auth.refresh_tokens(RefreshTokens::new()).build().unwrap()
}

#[auth_backend(kind = "oauth2", user = User, token_url = "/token", introspect_url = "/introspect", authenticate = nobody)]
struct Introspects;

fn nobody(_: &Introspects, _: &str, _: &str, _: &Parts) -> Option<User> {
    None
}

/// Another backend of the service, with an endpoint at which a client may ask about tokens.
pub(crate) fn introspecting(store: Arc<dyn Store>, timeout: Duration) -> Protected {
    let auth = Introspects.backend().keys(keys()).issuer("https://issuer.test").store(store).store_timeout(timeout);
    let auth = auth.client(Client::confidential("asks", SECRET)).build().unwrap();
    auth.protect(Router::new()).unwrap()
}

pub(crate) fn protect(auth: &Backend<Auth>) -> Protected {
    let logout = |session: AuthSession<Auth>| async move { session.logout().await };
    let router = Router::new()
        .route("/me", get(|_: User| async {}))
        .route("/sign-in/{kind}/{name}/{password}", post(handler))
        .route("/logout", post(logout));
    auth.protect(router).unwrap()
}

/// Long enough for any answer on a busy machine. Only a store that hangs takes this long.
pub(crate) const PATIENT: Duration = Duration::from_secs(60);

pub(crate) fn instance(store: Arc<dyn Store>) -> Protected {
    protect(&backend(store, PATIENT))
}

async fn form(app: &Protected, path: &str, form: String) -> Answer {
    let request = http::Request::post(path).header("content-type", "application/x-www-form-urlencoded");
    call(app, request.body(form.into()).unwrap()).await
}

/// The status and, if it is 200, the two tokens.
pub(crate) type Granted = (u16, String, String);

fn granted(answer: &Answer) -> Granted {
    let body = answer.json();
    let token = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    (answer.status, token("access_token"), token("refresh_token"))
}

pub(crate) async fn try_sign_in(app: &Protected, name: &str) -> Granted {
    sign_in_by(app, name, "new").await
}

pub(crate) async fn sign_in_by(app: &Protected, name: &str, password: &str) -> Granted {
    granted(&form(app, "/token", format!("grant_type=password&username={name}&password={password}")).await)
}

/// Signs in through a handler. `kind` is `plain` for a sign-in without a session.
pub(crate) async fn sign_in_in_handler(app: &Protected, kind: &str, name: &str, password: &str) -> Granted {
    let request = http::Request::post(format!("/sign-in/{kind}/{name}/{password}"));
    granted(&call(app, request.body(axum::body::Body::empty()).unwrap()).await)
}

pub(crate) async fn try_refresh(app: &Protected, token: &str) -> Granted {
    granted(&form(app, "/token", format!("grant_type=refresh_token&refresh_token={token}")).await)
}

/// Sends the token again after each 503.
pub(crate) async fn refresh_until_answered(app: &Protected, token: &str) -> Granted {
    for _ in 0..100 {
        let granted = try_refresh(app, token).await;
        if granted.0 != 503 {
            return granted;
        }
        tokio::task::yield_now().await;
    }
    panic!("it is answered 503 again and again");
}

/// The access token and the refresh token of a new user.
pub(crate) async fn sign_in(app: &Protected) -> (String, String) {
    let (status, access, refresh) = try_sign_in(app, &fresh_name()).await;
    assert_eq!(status, 200);
    (access, refresh)
}

/// A new user name on each call, because the database may still have the users of earlier runs.
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

pub(crate) async fn revoke(app: &Protected, token: &str) -> u16 {
    form(app, "/revoke", format!("token={token}")).await.status
}

/// The status, and whether the token is active.
pub(crate) async fn introspect(app: &Protected, token: &str) -> (u16, bool) {
    let answer = form(app, "/introspect", format!("token={token}&client_id=asks&client_secret={SECRET}")).await;
    (answer.status, answer.json()["active"] == true)
}

/// Whether the two newest tokens of a session are accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Both were accepted. The refresh token is now used; these are the next two tokens.
    Live(String, String),
    Ended,
    /// One token is accepted and the other is not.
    Half,
}

/// The session may end between two of these requests, so the access token is checked before and after.
pub(crate) async fn standing(app: &Protected, access: &str, token: &str) -> Standing {
    let (before, _) = call_with(app, access).await;
    let (status, next_access, next) = refresh_until_answered(app, token).await;
    let (after, _) = call_with(app, access).await;
    assert!([before, after].iter().all(|status| matches!(status, 200 | 401)), "{before} {after}");
    match status {
        200 if before == 200 => Standing::Live(next_access, next),
        400 if after == 401 => Standing::Ended,
        200 | 400 => Standing::Half,
        other => panic!("{other}"),
    }
}

//! Every parameter of a login, for each kind of backend.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::Redirect;
use axum::routing::post;
use http::StatusCode;
use jwt_auth::{
    AuthBackend, AuthSession, Backend, auth_backend,
    session::{LoginBuilder, TokenOnly},
};
use jwt_auth_tests::{Answer, call};
use serde_json::{Value, json};

use crate::fixture::{ApiKey, Bearer, Cookie, ISSUER, NOW, OAuth2, SECRET, User, alice, app, bearer, ready, request};

/// The answer of a handler that returns this login.
async fn answer<A: AuthBackend<User = User>>(
    auth: Backend<A>,
    change: impl Fn(LoginBuilder<A>) -> LoginBuilder<A> + Clone + Send + Sync + 'static,
) -> Answer {
    let handler = move |session: AuthSession<A>| async move { change(session.login(&alice())).await };
    let app = auth.protect(Router::new().route("/open", post(handler))).unwrap();
    call(&app, request("POST", "/open", &[])).await
}

/// The text of the error of a sign-in that fails.
async fn error<A: AuthBackend<User = User>>(
    auth: Backend<A>,
    change: impl Fn(LoginBuilder<A>) -> LoginBuilder<A> + Clone + Send + Sync + 'static,
) -> String {
    let handler = move |session: AuthSession<A>| async move {
        change(session.login(&alice())).await.map(drop).unwrap_err().to_string()
    };
    let app = auth.protect(Router::new().route("/open", post(handler))).unwrap();
    call(&app, request("POST", "/open", &[])).await.body
}

fn claims(token: &str) -> Value {
    let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::HS256);
    validation.validate_aud = false;
    validation.validate_exp = false;
    jsonwebtoken::decode(token, &jsonwebtoken::DecodingKey::from_secret(SECRET.as_bytes()), &validation).unwrap().claims
}

type NewToken<A> = LoginBuilder<A, TokenOnly>;

fn of<A: AuthBackend<User = User>>(auth: &Backend<A>, change: impl Fn(NewToken<A>) -> NewToken<A>) -> Value {
    claims(&change(auth.new_token(&alice())).sign().unwrap())
}

// TOK-05
#[tokio::test]
async fn bearer_answers_with_the_header_and_no_body() {
    let answer = answer(ready(Bearer.backend()), |login| login).await;
    assert_eq!((answer.status, answer.body.as_str(), answer.header("content-type")), (200, "", None));
    assert!(answer.header("authorization").unwrap().starts_with("Bearer ey"));
    assert_eq!(answer.header("set-cookie"), None);
    assert_eq!((answer.header("cache-control"), answer.header("pragma")), (Some("no-store"), Some("no-cache")));
}

#[tokio::test]
async fn a_custom_header_carries_the_bare_token() {
    let answer = answer(ready(ApiKey.backend()), |login| login).await;
    assert_eq!(claims(answer.header("x-api-key").unwrap())["sub"], "7");
    assert_eq!(answer.header("authorization"), None);
}

// CKE-01
#[tokio::test]
async fn cookie_answers_with_the_cookie_alone() {
    let answer = answer(ready(Cookie.backend()), |login| login).await;
    let cookie = answer.header("set-cookie").unwrap();
    assert!(cookie.starts_with("__Host-token=ey"), "{cookie}");
    assert!(cookie.ends_with("; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=3600"), "{cookie}");
    assert_eq!((answer.header("authorization"), answer.body.as_str()), (None, ""));
}

#[auth_backend(kind = "cookie", user = User, header = "Authorization", exclude = ["/open"])]
struct CookieOrHeader;

#[tokio::test]
async fn a_cookie_backend_does_not_repeat_the_token_in_a_header() {
    let answer = answer(ready(CookieOrHeader.backend()), |login| login).await;
    assert!(answer.header("set-cookie").is_some());
    assert_eq!(answer.header("authorization"), None);
}

// TOK-04
#[tokio::test]
async fn oauth2_answers_with_header_cookie_and_body() {
    let answer = answer(ready(OAuth2.backend()), |login| login.scopes(["read"])).await;
    let body = answer.json();
    assert_eq!(
        (&body["token_type"], &body["expires_in"], &body["scope"]),
        (&json!("Bearer"), &json!(3600), &json!("read"))
    );
    let token = body["access_token"].as_str().unwrap();
    assert_eq!(answer.header("authorization"), Some(format!("Bearer {token}").as_str()));
    assert!(answer.header("set-cookie").unwrap().starts_with(&format!("__Host-token={token};")));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert!(super_without_scope().await["scope"].is_null());
}

async fn super_without_scope() -> Value {
    answer(ready(OAuth2.backend()), |login| login).await.json()
}

#[tokio::test]
async fn the_token_is_in_the_body_if_asked_for() {
    let in_bearer = answer(ready(Bearer.backend()), |login| login.token_in_body(true)).await.json();
    assert_eq!(claims(in_bearer["token"].as_str().unwrap())["sub"], "7");
    let in_cookie = answer(ready(Cookie.backend()), |login| login.token_in_body(true)).await.json();
    assert_eq!(in_cookie.as_object().unwrap().len(), 1);
    assert_eq!(answer(ready(OAuth2.backend()), |login| login.token_in_body(false)).await.body, "");
}

#[tokio::test]
async fn a_body_of_the_handler_replaces_the_token_body() {
    let answer = answer(ready(OAuth2.backend()), |login| login.body(&alice()).status(StatusCode::CREATED)).await;
    assert_eq!((answer.status, answer.json()), (201, json!({ "id": 7, "name": "alice" })));
    assert!(answer.header("authorization").is_some() && answer.header("set-cookie").is_some());
}

#[tokio::test]
async fn an_explicit_null_is_a_null_body() {
    let answer = answer(ready(Bearer.backend()), |login| login.body(&None::<u8>)).await;
    assert_eq!((answer.body.as_str(), answer.header("content-type")), ("null", Some("application/json")));
}

#[tokio::test]
async fn the_media_type_can_be_set() {
    let answer = answer(ready(Bearer.backend()), |login| login.body("x").media_type("application/hal+json")).await;
    assert_eq!(answer.header("content-type"), Some("application/hal+json"));
}

#[tokio::test]
async fn the_lifetime_can_be_set_for_token_and_cookie() {
    let answer = answer(ready(OAuth2.backend()), |login| login.expires_in(Duration::from_secs(90))).await;
    assert_eq!(answer.json()["expires_in"], 90);
    assert!(answer.header("set-cookie").unwrap().ends_with("Max-Age=90"));
    assert_eq!(claims(answer.json()["access_token"].as_str().unwrap())["exp"], NOW + 90);
}

#[test]
fn claims_can_be_set_one_by_one() {
    let auth = ready(Bearer.backend());
    assert_eq!(of(&auth, |login| login.issuer("other"))["iss"], "other");
    assert_eq!(of(&auth, |login| login.audience(["one"]))["aud"], "one");
    assert_eq!(of(&auth, |login| login.audience(["one", "two"]))["aud"], json!(["one", "two"]));
    assert_eq!(of(&auth, |login| login.jwt_id("mine"))["jti"], "mine");
    assert_eq!(of(&auth, |login| login.not_before(NOW as u64 + 5))["nbf"], NOW + 5);
    assert_eq!(of(&auth, |login| login.extra("tenant", &json!({ "id": 1 })))["tenant"]["id"], 1);
    let plain = of(&auth, |login| login);
    assert_eq!((&plain["iss"], &plain["aud"], &plain["nbf"]), (&json!(ISSUER), &json!(ISSUER), &Value::Null));
}

// TOK-04, TOK-06, TOK-11: without `scope` in the answer, a client would assume that all requested scopes are granted.
#[tokio::test]
async fn a_request_for_undeclared_scopes_only_is_an_invalid_scope() {
    let answer = answer(ready(OAuth2.backend()), |login| login.scopes(["admin"])).await;
    assert_eq!((answer.status, answer.json()), (400, json!({ "error": "invalid_scope" })));
    assert_eq!((answer.header("authorization"), answer.header("set-cookie")), (None, None));
}

// CKE-09
#[test]
fn every_login_has_a_jti_of_its_own() {
    let auth = ready(Bearer.backend());
    assert_ne!(of(&auth, |login| login)["jti"], of(&auth, |login| login)["jti"]);
}

// TOK-11
#[test]
fn the_granted_scopes_are_those_asked_for_and_declared() {
    let auth = ready(OAuth2.backend());
    assert_eq!(of(&auth, |login| login.scopes(["write", "admin", "read", "write", "Read"]))["scope"], "write read");
    assert_eq!(of(&auth, |login| login.scopes(["read"]).scopes(["write"]))["scope"], "read write");
    assert_eq!(of(&auth, |login| login.scopes([""; 0]))["scope"], Value::Null);
    assert_eq!(of(&auth, |login| login.scopes(["read"]).scopes(["admin"]))["scope"], "read");
}

#[tokio::test]
async fn a_login_that_cannot_be_issued_says_why() {
    let error = |change: fn(LoginBuilder<Cookie>) -> LoginBuilder<Cookie>| error(ready(Cookie.backend()), change);
    assert!(error(|login| login.extra("sub", "8")).await.contains("`sub` is registered"));
    assert!(error(|login| login.expires_in(Duration::ZERO)).await.contains("`expires_in`"));
    assert!(error(|login| login.expires_in(Duration::from_secs(u64::MAX))).await.contains("`expires_in`"));
    assert!(error(|login| login.extra("big", &"x".repeat(4000))).await.contains("4096 bytes"));
    assert!(error(|login| login.media_type("a\nb")).await.contains("`media_type`"));
    let nameless = jwt_auth_user("");
    assert!(ready(ByName.backend()).create_token(&nameless).unwrap_err().to_string().contains("subject"));
}

#[derive(Clone, jwt_auth::JwtUser)]
struct Named {
    #[jwt_user(id)]
    name: String,
}

#[auth_backend(kind = "bearer", user = Named)]
struct ByName;

fn jwt_auth_user(name: &str) -> Named {
    Named { name: name.into() }
}

#[tokio::test]
async fn a_login_that_cannot_be_issued_is_a_500_without_the_token() {
    let answer = answer(ready(OAuth2.backend()), |login| login.extra("iss", "x")).await;
    assert_eq!((answer.status, answer.json()), (500, json!({ "error": "server_error" })));
    assert_eq!((answer.header("authorization"), answer.header("set-cookie")), (None, None));
}

#[tokio::test]
async fn a_login_can_be_part_of_another_answer() {
    let auth = ready(Cookie.backend());
    let handler = |session: AuthSession<Cookie>| async move {
        session.login(&alice()).await.map(|login| (login, Redirect::to("/home")))
    };
    let app = auth.protect(Router::new().route("/open", post(handler))).unwrap();
    let answer = call(&app, request("POST", "/open", &[])).await;
    assert_eq!((answer.status, answer.header("location")), (303, Some("/home")));
    assert!(answer.header("set-cookie").unwrap().starts_with("__Host-token=ey"));
}

async fn signed_out<A: AuthBackend<User = User>>(auth: Backend<A>) -> Answer {
    let handler = |session: AuthSession<A>| async move { session.logout().await };
    let app = auth.protect(Router::new().route("/open", post(handler))).unwrap();
    call(&app, request("POST", "/open", &[])).await
}

// CKE-08
#[tokio::test]
async fn logout_removes_the_cookie_with_the_attributes_it_was_set_with() {
    let answer = signed_out(ready(OAuth2.backend())).await;
    assert_eq!((answer.status, answer.body.as_str()), (204, ""));
    let cookie = answer.header("set-cookie").unwrap();
    assert!(
        cookie.starts_with("__Host-token=; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=0; Expires="),
        "{cookie}"
    );
}

#[tokio::test]
async fn logout_of_a_bearer_backend_has_nothing_to_remove() {
    let answer = signed_out(ready(Bearer.backend())).await;
    assert_eq!((answer.status, answer.header("set-cookie")), (204, None));
}

#[tokio::test]
async fn what_is_issued_is_accepted() {
    let auth = ready(OAuth2.backend());
    let token = auth.create_token(&alice()).unwrap();
    let (app, hits) = app(&auth);
    assert_eq!(auth.format_auth_header(&token), bearer(&token));
    assert_eq!(ready(ApiKey.backend()).format_auth_header(&token), token);
    let answer = call(&app, request("GET", "/me", &[("authorization", &auth.format_auth_header(&token))])).await;
    assert_eq!((answer.status, hits.count()), (200, 1));
}

#[tokio::test]
async fn a_handler_gets_its_backend_from_the_guard() {
    let auth = ready(OAuth2.backend());
    let router = Router::new()
        .route("/login", post(|session: AuthSession<OAuth2>| async move { session.login(&alice()).await }));
    let app = auth.protect(router).unwrap();
    let request = http::Request::post("/login").body(Body::empty()).unwrap();
    assert_eq!(call(&app, request).await.json()["token_type"], "Bearer");
}

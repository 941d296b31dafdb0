//! The feature `testing`, for an application's own tests.

use std::time::Duration;

use axum::Router;
use axum::routing::get;
use jwt_auth::testing::{FixedClock, assert_open, assert_protected};
use jwt_auth::{Protected, config::Clock};
use jwt_auth_tests::call;

use crate::fixture::{Bearer, NOW, alice, app, bearer, ready, request, settings};

fn protected() -> Protected {
    app(&ready(Bearer.backend())).0
}

fn with_a_login_page() -> Protected {
    let builder = settings(Bearer.backend()).rejection_response(|_, _| axum::response::Redirect::to("/login"));
    app(&builder.build().unwrap()).0
}

fn without_a_fallback() -> Protected {
    let router = Router::new().route("/me", get(|| async {})).route("/open", get(|| async {}));
    ready(Bearer.backend()).protect(router).unwrap()
}

#[tokio::test]
async fn the_assertions_pass_for_protected_and_open_routes() {
    assert_protected!(protected(), "GET /me", "POST /me", "GET /api/u/{id}", "HEAD /api/u/7?x=1", "GET /static/a");
    assert_protected!(with_a_login_page(), "GET /me");
    assert_open!(protected(), "GET /open", "GET /files/{*rest}", "GET /half", "HEAD /half");
    assert_protected!(protected(), "POST /half",);
    assert_protected!(without_a_fallback(), "GET /me");
}

#[tokio::test]
#[should_panic(
    expected = "`GET /open` is not protected: a call without a credential is answered 200 OK by the application"
)]
async fn an_open_route_is_not_protected() {
    assert_protected!(protected(), "GET /me", "GET /open");
}

#[tokio::test]
#[should_panic(expected = "`GET /me` is not open: the guard answers 401 Unauthorized without a credential")]
async fn a_protected_route_is_not_open() {
    assert_open!(protected(), "GET /me");
}

#[tokio::test]
#[should_panic(expected = "the router has no route for `GET /mee`, so the assertion would prove nothing")]
async fn a_path_without_a_route_says_nothing() {
    assert_protected!(without_a_fallback(), "GET /mee");
}

#[tokio::test]
#[should_panic(expected = "`/me` is not a call; write it as \"GET /path\"")]
async fn a_call_has_a_method() {
    assert_protected!(without_a_fallback(), "/me");
}

#[tokio::test]
#[should_panic(expected = "`GET /me` is not open: the guard answers 303 See Other")]
async fn a_refusal_of_ones_own_form_is_a_refusal() {
    assert_open!(with_a_login_page(), "GET /me");
}

#[tokio::test]
#[should_panic(expected = "`get /open` is not a call; write it as \"GET /path\"")]
async fn a_misspelt_method_says_nothing() {
    assert_protected!(protected(), "get /open");
}

#[tokio::test]
#[should_panic(expected = "the router has no route for `GET /api/{other}`")]
async fn a_template_has_to_be_one_of_the_router() {
    assert_protected!(protected(), "GET /api/{other}");
}

#[tokio::test]
#[should_panic(expected = "`DELETE /open` has no handler for this method")]
async fn an_open_call_has_a_handler() {
    assert_open!(protected(), "DELETE /open");
}

#[tokio::test]
async fn a_token_for_a_user_passes_until_its_clock_moves_on() {
    let clock = FixedClock::at(NOW);
    let auth = settings(Bearer.backend()).clock(clock.clone()).build().unwrap();
    let (app, hits) = app(&auth);
    let token = auth.token_for(&alice());
    let get = async || call(&app, request("GET", "/me", &[("authorization", &bearer(&token))])).await.status;
    assert_eq!((get().await, hits.count()), (200, 1));
    assert_eq!(auth.verified(&token).unwrap().subject(), "7");
    clock.advance(Duration::from_secs(3_600));
    assert_eq!((get().await, hits.count(), clock.now()), (401, 1, NOW + 3_600));
    assert_eq!(auth.verified(&token).unwrap_err(), jwt_auth::rejection::TokenError::Expired);
    clock.set(NOW);
    assert_eq!(get().await, 200);
}

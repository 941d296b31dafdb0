//! The access map, as an application's own snapshot test sees it.

use axum::Router;
use axum::routing::get;
use expect_test::expect;
use jwt_auth::{Require, auth_backend, guard::Access, routes};
use utoipa_axum::router::OpenApiRouter;

use crate::fixture::{User, ready};

#[auth_backend(kind = "oauth2", user = User, token_url = "/login", scopes(read = "Read", write = "Write"), exclude = ["/docs/{*rest}", "GET|POST /products/{id}"])]
struct Auth;

#[utoipa::path(get, path = "/orders/{id}")]
async fn order(_: Require<auth::Read>) {}

#[utoipa::path(delete, path = "/orders/{id}")]
async fn cancel(_: Require<auth::Read>, _: Require<auth::Write>) {}

#[utoipa::path(get, path = "/me")]
async fn me(_: User) {}

#[utoipa::path(get, path = "/products/{id}")]
async fn product(_: Option<User>) {}

#[test]
fn a_documented_router_shows_every_operation() {
    let router = OpenApiRouter::new()
        .routes(routes!(order, cancel))
        .routes(routes!(me))
        .routes(routes!(product))
        .route("/docs/{*rest}", get(|| async {}));
    let (app, _) = ready(Auth.backend()).protect(router).unwrap();
    expect![[r#"
        METHOD  PATH            ACCESS
        any     /docs/{*rest}   open
        any     /login          open
        GET     /me             user
        DELETE  /orders/{id}    scopes: read write
        GET     /orders/{id}    scopes: read
        GET     /products/{id}  open
        POST    /products/{id}  open
        any     (any other)     user
    "#]]
    .assert_eq(&app.access_map().to_string());
    assert_eq!(app.access_map().rows().iter().filter(|row| row.access == Access::Open).count(), 4);
}

#[test]
fn a_plain_router_shows_its_patterns() {
    let app = ready(Auth.backend()).protect(Router::new().route("/me", get(me))).unwrap();
    expect![[r#"
        METHOD  PATH            ACCESS
        any     /docs/{*rest}   open
        any     /login          open
        GET     /products/{id}  open
        POST    /products/{id}  open
        any     (any other)     user
    "#]]
    .assert_eq(&app.access_map().to_string());
}

//! Scopes as arguments of handlers, on a router and on a documented one.

use jwt_auth::{JwtUser, auth_backend};

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(id)]
    id: u64,
}
use jwt_auth::{Keys, Require, routes, guard::Scope};
use utoipa_axum::router::OpenApiRouter;

#[auth_backend(kind = "bearer", user = User, scopes("orders:read" = "What it allows", write = "What it allows"))]
struct Auth;

#[utoipa::path(get, path = "/orders")]
async fn orders(require: Require<auth::OrdersRead>, user: User) -> String {
    format!("{} {}", require.subject(), user.id)
}

#[utoipa::path(post, path = "/orders")]
async fn order(_: Require<auth::OrdersRead>, _: Require<auth::Write>) {}

#[test]
fn compiles_and_runs() {
    assert_eq!(auth::OrdersRead::NAME, "orders:read");
    let auth = Auth.backend().keys(Keys::hs256_ephemeral().unwrap()).issuer("test").build().unwrap();
    let (app, _) = auth.protect(OpenApiRouter::new().routes(routes!(orders, order))).unwrap();
    assert!(app.access_map().to_string().contains("scopes: orders:read write"));
}

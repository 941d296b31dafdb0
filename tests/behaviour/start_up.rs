//! Checks at start-up, when the routes are known: a router that contradicts the declaration is an error.

use axum::Router;
use axum::routing::get;
use jwt_auth::{ProtectError, auth_backend, routes};
use utoipa_axum::router::OpenApiRouter;

use crate::fixture::{User, ready};

#[auth_backend(kind = "bearer", user = User, exclude = ["GET /items/{id}", "/docs/{*rest}", "/assets/app.css"])]
struct Auth;

#[utoipa::path(get, path = "/items/{number}")]
async fn item() {}

#[utoipa::path(get, path = "/{name}/all")]
async fn all() {}

fn everything() -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(item))
        .route("/docs/{*path}", get(|| async {}))
        .nest_service("/assets", Router::new().fallback(|| async {}))
}

fn refused(router: OpenApiRouter) -> ProtectError {
    ready(Auth.backend()).protect(router).map(drop).unwrap_err()
}

// EXC-05
#[test]
fn a_pattern_may_cover_an_operation_a_route_or_a_service() {
    let _ = ready(Auth.backend()).protect(everything()).unwrap();
}

// EXC-05
#[test]
fn a_pattern_that_covers_no_route_is_an_error() {
    let router = OpenApiRouter::new().routes(routes!(item)).route("/docs/{*path}", get(|| async {}));
    let error = refused(router);
    assert_eq!(error, ProtectError::DeadPattern { pattern: "/assets/app.css".into(), near: Vec::new() });
    assert!(error.to_string().starts_with("the pattern `/assets/app.css` of `exclude` covers no route"), "{error}");
}

// EXC-05
#[test]
fn a_pattern_that_covers_a_part_of_a_route_is_an_error_that_names_the_route() {
    let router = OpenApiRouter::new()
        .routes(routes!(all))
        .route("/docs/{*path}", get(|| async {}))
        .route("/{file}/{name}", get(|| async {}));
    let error = refused(router);
    let near = vec!["/{file}/{name}".to_owned(), "/{name}/all".to_owned()];
    assert_eq!(error, ProtectError::DeadPattern { pattern: "GET /items/{id}".into(), near });
    assert!(error.to_string().contains("only a part of `/{file}/{name}`"), "{error}");
}

// EXC-05: a fallback answers paths that no route has.
#[test]
fn with_a_fallback_any_pattern_is_accepted() {
    let _ = ready(Auth.backend()).protect(OpenApiRouter::new().fallback(|| async {})).unwrap();
}

// EXC-05: a plain router has no document to compare with.
#[test]
fn the_patterns_of_a_plain_router_are_not_checked() {
    let _ = ready(Auth.backend()).protect(Router::new()).unwrap();
}

#[auth_backend(kind = "bearer", user = User, scopes(read = "Read"))]
struct Scoped;

#[utoipa::path(get, path = "/orders/{order_id}", security(("Scoped" = ["read"])))]
async fn order() {}

#[utoipa::path(get, path = "/files/{path}", security(("Scoped" = ["read"])))]
async fn file() {}

#[derive(utoipa::OpenApi)]
#[openapi(paths(order))]
struct Orders;

#[derive(utoipa::OpenApi)]
#[openapi(paths(file))]
struct Files;

// BRR-07: the scope is enforced even if the names of the parameters differ.
#[tokio::test]
async fn a_documented_scope_holds_whatever_the_parameters_are_called() {
    use crate::fixture::{alice, bearer, request};
    use utoipa::OpenApi;
    let auth = ready(Scoped.backend());
    let router = OpenApiRouter::with_openapi(Orders::openapi()).route("/orders/{id}", get(order));
    let (app, _) = auth.protect(router).unwrap();
    let get = async |scopes: &[&str]| {
        let token = bearer(&auth.new_token(&alice()).scopes(scopes).sign().unwrap());
        jwt_auth_tests::call(&app, request("GET", "/orders/7", &[("authorization", &token)])).await.status
    };
    assert_eq!((get(&[]).await, get(&["read"]).await), (403, 200));
}

// BRR-07: a requirement that the guard could not enforce is an error.
#[test]
fn a_documented_path_without_a_route_is_an_error() {
    use utoipa::OpenApi;
    let protect = |router: OpenApiRouter| ready(Scoped.backend()).protect(router).map(drop);
    let error = |path: &str| Err(ProtectError::NoRoute { path: path.into() });
    let router = OpenApiRouter::with_openapi(Files::openapi()).route("/files/{*path}", get(file));
    assert_eq!(protect(router), error("/files/{path}"));
    let service = Router::new().route("/orders/{id}", get(order));
    let below = utoipa::openapi::OpenApi::default().nest("/api", Orders::openapi());
    assert_eq!(
        protect(OpenApiRouter::with_openapi(below).nest_service("/api", service.clone())),
        error("/api/orders/{order_id}")
    );
    let fallback = OpenApiRouter::with_openapi(Orders::openapi()).fallback_service(service);
    assert_eq!(protect(fallback), error("/orders/{order_id}"));
}

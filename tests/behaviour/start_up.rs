//! What only a running program knows: the routes. A documented router that the declaration does not fit is an error.

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
fn a_pattern_is_alive_by_an_operation_a_route_or_a_service() {
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
fn a_pattern_that_covers_a_part_of_a_route_is_told_the_route() {
    let router = OpenApiRouter::new()
        .routes(routes!(all))
        .route("/docs/{*path}", get(|| async {}))
        .route("/{file}/{name}", get(|| async {}));
    let error = refused(router);
    let near = vec!["/{file}/{name}".to_owned(), "/{name}/all".to_owned()];
    assert_eq!(error, ProtectError::DeadPattern { pattern: "GET /items/{id}".into(), near });
    assert!(error.to_string().contains("a part of `/{file}/{name}` only"), "{error}");
}

// EXC-05: a fallback answers paths that no route tells of.
#[test]
fn with_a_fallback_every_pattern_may_be_meant() {
    let _ = ready(Auth.backend()).protect(OpenApiRouter::new().fallback(|| async {})).unwrap();
}

// EXC-05: a plain router has no document to compare with.
#[test]
fn a_plain_router_is_not_asked() {
    let _ = ready(Auth.backend()).protect(Router::new()).unwrap();
}

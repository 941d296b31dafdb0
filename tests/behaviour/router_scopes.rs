//! Scopes that a whole router requires: by `require`, and by a layer.

use axum::middleware::from_extractor;
use axum::routing::{get, post};
use jwt_auth::openapi::RequireScopes;
use jwt_auth::{ProtectError, Protected, Require, RequireAny, auth_backend, routes};
use jwt_auth_tests::call;
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;

use crate::fixture::{User, alice, bearer, ready, request};

#[auth_backend(kind = "bearer", user = User, scopes(read = "Read", write = "Write", admin = "Admin"))]
struct Auth;

#[auth_backend(kind = "bearer", user = User, scopes(admin = "Admin"))]
struct Other;

#[utoipa::path(get, path = "/users")]
async fn users(_: User) {}

#[utoipa::path(post, path = "/users")]
async fn add_user(_: Require<auth::Write>) {}

async fn status(app: &Protected, method: &str, path: &str, scopes: &[&str]) -> u16 {
    let token = bearer(&ready(Auth.backend()).new_token(&alice()).scopes(scopes).sign().unwrap());
    call(app, request(method, path, &[("authorization", &token)])).await.status
}

/// Below no prefix, below one, and below two, merged with another router.
fn at_every_depth(router: fn() -> OpenApiRouter) -> [(OpenApiRouter, &'static str); 3] {
    let nested = || OpenApiRouter::new().nest("/admin", router());
    let deeper = OpenApiRouter::new().nest("/api/{tenant}", OpenApiRouter::new().merge(nested()));
    [(router(), ""), (nested(), "/admin"), (deeper, "/api/a/admin")]
}

fn with_layer() -> OpenApiRouter {
    OpenApiRouter::new().routes(routes!(users)).route_layer(from_extractor::<Require<auth::Admin>>())
}

// BRR-07
#[tokio::test]
async fn a_layer_that_requires_a_scope_is_enforced() {
    for (router, prefix) in at_every_depth(with_layer) {
        let (app, _) = ready(Auth.backend()).protect(router).unwrap();
        let path = format!("{prefix}/users");
        assert_eq!(status(&app, "GET", &path, &["read"]).await, 403, "{path}");
        assert_eq!(status(&app, "GET", &path, &["admin"]).await, 200, "{path}");
    }
}

// BRR-07: the arguments of this handler are not known, so one of them may require the scope.
#[tokio::test]
async fn a_layer_around_a_handler_whose_arguments_are_unknown_is_a_500() {
    let router = OpenApiRouter::new().routes(utoipa_axum::routes!(users));
    let (app, _) = ready(Auth.backend()).protect(router.route_layer(from_extractor::<Require<auth::Admin>>())).unwrap();
    assert_eq!(status(&app, "GET", "/users", &["admin"]).await, 500);
}

fn with_require() -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(users, add_user))
        .routes(utoipa_axum::routes!(report))
        .route("/undocumented", get(|| async {}))
        .require::<auth::Admin>()
}

#[utoipa::path(get, path = "/report")]
async fn report() {}

// BRR-07
#[tokio::test]
async fn a_router_demands_a_scope_of_all_its_routes() {
    for (router, prefix) in at_every_depth(with_require) {
        let (app, _) = ready(Auth.backend()).protect(router).unwrap();
        for path in ["/users", "/report", "/undocumented"].map(|path| format!("{prefix}{path}")) {
            assert_eq!(status(&app, "GET", &path, &["read"]).await, 403, "{path}");
            assert_eq!(status(&app, "GET", &path, &["admin"]).await, 200, "{path}");
        }
        let path = format!("{prefix}/users");
        assert_eq!(status(&app, "POST", &path, &["admin"]).await, 403, "the handler's own scope is needed too");
        assert_eq!(status(&app, "POST", &path, &["admin", "write"]).await, 200);
    }
}

// BRR-07
#[test]
fn the_document_and_the_access_map_show_what_a_router_demands() {
    let router = OpenApiRouter::new().nest("/admin", with_require()).routes(routes!(users));
    let (app, document) = ready(Auth.backend()).protect(router).unwrap();
    expect_test::expect![[r#"
        METHOD  PATH           ACCESS
        GET     /admin/report  scopes: admin
        GET     /admin/users   scopes: admin
        POST    /admin/users   scopes: write admin
        GET     /users         user
        any     (any other)    user
    "#]]
    .assert_eq(&app.access_map().to_string());
    let document = serde_json::to_value(document).unwrap();
    let operation = &document["paths"]["/admin/report"]["get"];
    assert_eq!(operation["security"], json!([{ "Auth": ["admin"] }]));
    assert!(operation["responses"]["403"].is_object() && operation.get("x-jwt-auth-arguments").is_none());
}

// BRR-07: `require` does not cover later routes, and may be called on a router without routes.
#[tokio::test]
async fn require_covers_only_the_routes_that_were_added_before() {
    let router = OpenApiRouter::new().require::<auth::Admin>().routes(routes!(users));
    let router = router.require_any::<(auth::Read, auth::Write)>().route("/late", post(|| async {}));
    let (app, _) = ready(Auth.backend()).protect(router).unwrap();
    assert_eq!(status(&app, "GET", "/users", &["admin"]).await, 403);
    assert_eq!(status(&app, "GET", "/users", &["write"]).await, 200);
    assert_eq!(status(&app, "POST", "/late", &[]).await, 200);
    assert!(app.access_map().to_string().contains("scopes: read or write\n"));
}

// ONE-02
#[test]
fn a_router_that_demands_a_scope_of_another_backend_is_an_error_of_protect() {
    let router = OpenApiRouter::new().routes(routes!(users)).require::<other::Admin>();
    let error = ready(Auth.backend()).protect(router).map(drop).unwrap_err();
    assert_eq!(error, ProtectError::ForeignScope { operation: "GET /users".into(), scope: "admin".into() });
    let _ = ready(Other.backend());
}

// BRR-07: a layer that accepts one of several.
#[tokio::test]
async fn a_layer_may_accept_one_of_several_scopes() {
    let layer = from_extractor::<RequireAny<(auth::Read, auth::Admin)>>();
    let (app, _) =
        ready(Auth.backend()).protect(OpenApiRouter::new().routes(routes!(users)).route_layer(layer)).unwrap();
    assert_eq!(
        (status(&app, "GET", "/users", &["write"]).await, status(&app, "GET", "/users", &["read"]).await),
        (403, 200)
    );
}

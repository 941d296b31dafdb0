//! The exact security schemes of the document, and documented scopes in routers of every shape.

use jwt_auth::{AuthBackend, Builder, auth_backend};
use jwt_auth_tests::call;
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;

use crate::fixture::{self, ApiKey, OAuth2, User, alice, bearer, ready, request};

#[auth_backend(kind = "bearer", user = User, scopes(read = "Read", write = "Write"))]
struct Auth;

fn schemes<A: AuthBackend>(builder: Builder<A>) -> Value {
    let (_, document) = ready(builder).protect(fixture::with_open_routes(OpenApiRouter::new())).unwrap();
    serde_json::to_value(document).unwrap()["components"]["securitySchemes"].clone()
}

// No id: REFERENCE.md, "The document".
#[test]
fn a_custom_header_is_exactly_an_api_key_in_that_header() {
    let text = "JWT api-key authentication and authorization.";
    let expected = json!({ "ApiKey": { "type": "apiKey", "in": "header", "name": "X-API-Key", "description": text } });
    assert_eq!(schemes(ApiKey.backend()), expected);
}

// No id: REFERENCE.md, "The document".
#[test]
fn the_password_flow_is_exactly_what_openapi_knows() {
    let text = "OAUTH2 password bearer authentication and authorization.";
    let flows = json!({ "password": { "tokenUrl": "/login", "scopes": { "read": "Read", "write": "Write" } } });
    let expected = json!({
        "OAuth2": { "type": "oauth2", "flows": flows, "description": text },
        "OAuth2Cookie": { "type": "apiKey", "in": "cookie", "name": "__Host-token", "description": text },
    });
    assert_eq!(schemes(OAuth2.backend()), expected);
}

#[utoipa::path(get, path = "/", security(("Auth" = ["write"])))]
async fn root() -> &'static str {
    "in"
}

#[utoipa::path(get, path = "/below", context_path = "/v1", security(("Auth" = ["write"])))]
async fn in_context() -> &'static str {
    "in"
}

#[utoipa::path(method(get, put), path = "/two", security(("Auth" = ["write"])))]
async fn two_methods() -> &'static str {
    "in"
}

/// Asserts that the guard demands `write`, as the document says.
async fn demands_write(router: fn() -> OpenApiRouter, method: &str, path: &str) {
    let auth = ready(Auth.backend());
    let (app, _) = auth.protect(router()).unwrap();
    for (scope, expected) in [("read", 403), ("write", 200)] {
        let token = bearer(&auth.new_token(&alice()).scopes([scope]).sign().unwrap());
        let answer = call(&app, request(method, path, &[("authorization", &token)])).await;
        assert_eq!(answer.status, expected, "{method} {path} with {scope}");
    }
}

// BRR-07
#[tokio::test]
async fn a_documented_scope_holds_at_the_root_of_a_nested_router() {
    let router = || OpenApiRouter::new().nest("/api", OpenApiRouter::new().routes(utoipa_axum::routes!(root)));
    demands_write(router, "GET", "/api").await;
}

// BRR-07
#[tokio::test]
async fn a_documented_scope_holds_below_a_prefix_that_ends_in_a_slash() {
    let router = || OpenApiRouter::new().nest("/api/", OpenApiRouter::new().routes(utoipa_axum::routes!(root)));
    demands_write(router, "GET", "/api/").await;
}

// BRR-07
#[tokio::test]
async fn a_documented_scope_holds_below_a_context_path() {
    let router = || OpenApiRouter::new().routes(utoipa_axum::routes!(in_context));
    demands_write(router, "GET", "/v1/below").await;
}

// BRR-07
#[tokio::test]
async fn a_documented_scope_holds_for_each_method_of_an_operation() {
    let router = || OpenApiRouter::new().routes(utoipa_axum::routes!(two_methods));
    demands_write(router, "GET", "/two").await;
    demands_write(router, "PUT", "/two").await;
}

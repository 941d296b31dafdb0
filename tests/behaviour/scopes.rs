//! Scopes that handlers require, and how the document shows them.

use axum::Router;
use axum::routing::{get, post};
use jwt_auth::{AuthBackend, Backend, ProtectError, Require, Token, auth_backend, routes};
use jwt_auth_tests::{Answer, call};
use utoipa_axum::router::OpenApiRouter;

use crate::fixture::{self, User, alice, bearer, ready, request};

#[auth_backend(kind = "bearer", user = User, scopes(read = "Read", write = "Write"), exclude = ["/open"])]
struct Auth;

const LACKS_WRITE: &str = "Bearer realm=\"https://issuer.test\", error=\"insufficient_scope\", scope=\"write\"";

fn with_scopes<A: AuthBackend<User = User>>(auth: &Backend<A>, scopes: &[&str]) -> String {
    bearer(&auth.new_token(&alice()).scopes(scopes).sign().unwrap())
}

async fn answer(router: OpenApiRouter, method: &str, path: &str, scopes: &[&str]) -> Answer {
    let auth = ready(Auth.backend());
    let (app, _) = auth.protect(fixture::with_open_routes(router)).unwrap();
    call(&app, request(method, path, &[("authorization", &with_scopes(&auth, scopes))])).await
}

fn refused(router: OpenApiRouter) -> ProtectError {
    ready(Auth.backend()).protect(fixture::with_open_routes(router)).map(drop).unwrap_err()
}

#[utoipa::path(post, path = "/orders")]
async fn order(require: Require<auth::Write>, user: User) -> String {
    format!("{} {}", require.subject(), user.name)
}

#[utoipa::path(get, path = "/documented", security(("Auth" = ["write"])))]
async fn documented() -> &'static str {
    "in"
}

// BRR-07
#[tokio::test]
async fn a_missing_scope_is_a_403_that_names_it() {
    let auth = ready(Auth.backend());
    let app = auth.protect(Router::new().route("/orders", post(order))).unwrap();
    let post = async |token: &str| call(&app, request("POST", "/orders", &[("authorization", token)])).await;
    let refused = post(&with_scopes(&auth, &["read"])).await;
    assert_eq!((refused.status, refused.header("www-authenticate")), (403, Some(LACKS_WRITE)));
    assert_eq!(post(&with_scopes(&auth, &[])).await.status, 403);
    assert_eq!(post(&with_scopes(&auth, &["read", "write"])).await.body, "7 alice");
}

// CLM-09
#[tokio::test]
async fn scopes_are_compared_whole_and_byte_by_byte() {
    let auth = ready(Auth.backend());
    let router = Router::new().route(
        "/me",
        get(|token: Token| async move { token.has_scope("rea").to_string() + &token.has_scope("Read").to_string() }),
    );
    let app = auth.protect(router).unwrap();
    let answer = call(&app, request("GET", "/me", &[("authorization", &with_scopes(&auth, &["read"]))])).await;
    assert_eq!(answer.body, "falsefalse");
}

#[tokio::test]
async fn a_scope_on_an_open_route_asks_for_a_token() {
    let auth = ready(Auth.backend());
    let app = auth.protect(Router::new().route("/open", get(|_: Require<auth::Read>| async {}))).unwrap();
    let get = async |headers: &[(&str, &str)]| call(&app, request("GET", "/open", headers)).await.status;
    assert_eq!(get(&[]).await, 401);
    assert_eq!(get(&[("authorization", &with_scopes(&auth, &["write"]))]).await, 403);
    assert_eq!(get(&[("authorization", &with_scopes(&auth, &["read"]))]).await, 200);
}

#[tokio::test]
async fn our_routes_macro_documents_what_a_handler_requires() {
    let router = || OpenApiRouter::new().routes(routes!(order));
    assert_eq!(answer(router(), "POST", "/orders", &["write"]).await.status, 200);
    assert_eq!(answer(router(), "POST", "/orders", &["read"]).await.status, 403);
    let (_, document) = ready(Auth.backend()).protect(fixture::with_open_routes(router())).unwrap();
    let json = serde_json::to_value(document).unwrap();
    let operation = &json["paths"]["/orders"]["post"];
    assert_eq!(operation["security"], serde_json::json!([{ "Auth": ["write"] }]));
    assert!(operation["responses"]["403"].is_object() && operation.get("x-jwt-auth-arguments").is_none());
}

#[tokio::test]
async fn a_scope_that_the_document_does_not_know_is_a_500() {
    let router = || OpenApiRouter::new().routes(utoipa_axum::routes!(order));
    assert_eq!(answer(router(), "POST", "/orders", &["write"]).await.status, 500);
}

#[tokio::test]
async fn a_scope_of_the_document_is_enforced_by_the_guard() {
    let router = || OpenApiRouter::new().routes(utoipa_axum::routes!(documented));
    let refused = answer(router(), "GET", "/documented", &["read"]).await;
    assert_eq!((refused.status, refused.header("www-authenticate")), (403, Some(LACKS_WRITE)));
    assert_eq!(answer(router(), "GET", "/documented", &["write"]).await.body, "in");
    assert_eq!(answer(router(), "HEAD", "/documented", &["read"]).await.status, 403, "HEAD follows GET");
}

#[tokio::test]
async fn scopes_hold_through_nest_and_merge() {
    let router = || {
        OpenApiRouter::new().nest(
            "/api/{tenant}",
            OpenApiRouter::new().merge(OpenApiRouter::new().routes(utoipa_axum::routes!(documented))),
        )
    };
    assert_eq!(answer(router(), "GET", "/api/a/documented", &["read"]).await.status, 403);
    assert_eq!(answer(router(), "GET", "/api/a/documented", &["write"]).await.status, 200);
}

#[utoipa::path(get, path = "/x", security(("Auth" = ["admin"])))]
async fn undeclared() {}

#[utoipa::path(get, path = "/x", security(("Other" = [])))]
async fn foreign() {}

#[utoipa::path(get, path = "/open", security(("Auth" = [])))]
async fn locked_but_excluded() {}

#[utoipa::path(get, path = "/open")]
async fn needs_a_user(_: User) {}

#[utoipa::path(get, path = "/x", security(()))]
async fn open_but_guarded() {}

#[test]
fn contradictions_are_errors_of_protect() {
    let operation = || "GET /x".to_owned();
    let error = refused(OpenApiRouter::new().routes(routes!(undeclared)));
    assert_eq!(error, ProtectError::UndeclaredScope { operation: operation(), scope: "admin".into() });
    let error = refused(OpenApiRouter::new().routes(routes!(foreign)));
    assert_eq!(error, ProtectError::UnknownScheme { operation: operation(), scheme: "Other".into() });
    let error = refused(OpenApiRouter::new().routes(routes!(open_but_guarded)));
    assert_eq!(error, ProtectError::LockedButOpen { operation: operation() });
    assert!(error.to_string().contains("no pattern of `exclude` opens it; add a pattern"));
}

#[test]
fn an_open_operation_that_demands_a_user_is_an_error_of_protect() {
    let expected = ProtectError::OpenButLocked { operation: "GET /open".into() };
    assert_eq!(refused(OpenApiRouter::new().routes(routes!(locked_but_excluded))), expected);
    assert_eq!(refused(OpenApiRouter::new().routes(routes!(needs_a_user))), expected);
}

#[test]
fn one_scheme_name_is_used_once() {
    let (_, document) =
        ready(fixture::OAuth2.backend()).protect(fixture::with_open_routes(OpenApiRouter::new())).unwrap();
    let error = ready(SameName.backend()).protect(OpenApiRouter::with_openapi(document)).map(drop).unwrap_err();
    assert_eq!(error, ProtectError::SchemeName("OAuth2".into()));
    assert!(error.to_string().contains("`scheme_name = "), "{error}");
}

#[auth_backend(kind = "bearer", user = User, scheme_name = "OAuth2")]
struct SameName;

//! A service that browsers see below a path which a proxy takes off.

use axum::Router;
use axum::routing::get;
use jwt_auth::{AuthSession, Login, LoginError, Parts, RefreshTokens, auth_backend, oauth2::ResourceMetadata, routes};
use jwt_auth_tests::call;
use serde_json::Value;
use utoipa::openapi::{OpenApi, Server};
use utoipa_axum::router::OpenApiRouter;

use crate::fixture::{User, alice, request, settings};

#[auth_backend(kind = "oauth2", user = User, token_url = "/token", authenticate = anyone, resource = "/mcp")]
struct Auth;

fn anyone(_: &Auth, _: &str, _: &str, _: &Parts) -> Option<User> {
    Some(alice())
}

#[auth_backend(kind = "cookie", user = User, refresh_url = "/refresh", exclude = ["/sign-in"])]
struct Pages;

#[utoipa::path(get, path = "/me", responses((status = 200)))]
async fn me(_: User) {}

fn document(given: OpenApi) -> Value {
    let auth = settings(Auth.backend())
        .public_prefix("/api")
        .audience("https://shop.test/api/mcp")
        .resource_metadata(ResourceMetadata::new("https://shop.test/api/mcp"))
        .build()
        .unwrap();
    let (_, document) = auth.protect(OpenApiRouter::with_openapi(given).routes(routes!(me))).unwrap();
    serde_json::to_value(document).unwrap()
}

// B4
#[test]
fn the_document_has_the_urls_that_browsers_see() {
    let written = document(OpenApi::default());
    let flow = &written["components"]["securitySchemes"]["Auth"]["flows"]["password"];
    assert_eq!(flow["tokenUrl"], "/api/token");
    assert_eq!(written["servers"][0]["url"], "/api");
    assert!(written["paths"]["/me"].is_object() && written["paths"]["/token"].is_object());
    let mut given = OpenApi::default();
    given.servers = Some(vec![Server::new("https://shop.test/api")]);
    assert_eq!(document(given)["servers"].as_array().unwrap().len(), 1, "the application's own servers stay");
}

// B4, MET-02
#[tokio::test]
async fn the_metadata_is_found_through_the_proxy() {
    let builder = || settings(Auth.backend()).public_prefix("/api/").audience("https://shop.test/api/mcp");
    let auth = builder().resource_metadata(ResourceMetadata::new("https://shop.test/api/mcp")).build().unwrap();
    let app = auth.protect(Router::new().route("/mcp", get(me))).unwrap();
    let challenge = call(&app, request("GET", "/mcp", &[])).await.header("www-authenticate").unwrap().to_owned();
    let url = "https://shop.test/api/.well-known/oauth-protected-resource/mcp";
    assert!(challenge.contains(&format!("resource_metadata=\"{url}\"")), "{challenge}");
    // The proxy takes `/api` off.
    let metadata = call(&app, request("GET", "/.well-known/oauth-protected-resource/mcp", &[])).await.json();
    assert_eq!(metadata["resource"], "https://shop.test/api/mcp");
    let wrong =
        builder().audience("https://shop.test/mcp").resource_metadata(ResourceMetadata::new("https://shop.test/mcp"));
    let wrong = wrong.build().map(drop).unwrap_err().to_string();
    assert!(wrong.contains("is not below the `public_prefix` `/api`"), "{wrong}");
}

// B4
#[tokio::test]
async fn a_cookie_is_sent_to_the_path_that_browsers_see() {
    async fn sign_in(session: AuthSession<Pages>) -> Result<Login, LoginError> {
        session.login(&alice()).with_refresh_token().await
    }
    let auth = settings(Pages.backend()).refresh_tokens(RefreshTokens::new()).public_prefix("/api").build().unwrap();
    let app = auth.protect(Router::new().route("/sign-in", get(sign_in))).unwrap();
    let answer = call(&app, request("GET", "/sign-in", &[])).await;
    let cookies: Vec<&str> =
        answer.headers.iter().filter(|(name, _)| name == "set-cookie").map(|(_, value)| value.as_str()).collect();
    assert!(
        cookies.iter().any(|cookie| cookie.starts_with("__Host-token=") && cookie.contains("; Path=/;")),
        "{cookies:?}"
    );
    let refresh =
        |cookie: &&str| cookie.starts_with("__Secure-token-refresh=") && cookie.contains("; Path=/api/refresh;");
    assert!(cookies.iter().any(refresh), "{cookies:?}");
}

#[test]
fn a_prefix_that_is_no_plain_path_is_an_error() {
    for bad in ["api", "//api", "/{tenant}", "/a?b", "https://shop.test/api"] {
        let wrong = settings(Pages.backend()).refresh_tokens(RefreshTokens::new()).public_prefix(bad).build();
        let wrong = wrong.map(drop).unwrap_err().to_string();
        assert!(wrong.starts_with(&format!("`public_prefix` is not a plain path: `{bad}`")), "{wrong}");
    }
}

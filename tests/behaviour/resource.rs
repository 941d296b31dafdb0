//! The metadata of a protected resource (RFC 9728): a declaration with `resource` publishes it, and the challenges name it.

use axum::Router;
use axum::routing::{any, get};
use jwt_auth::{
    Algorithm, BuildError, Builder, Issuer, ProtectError, Require, VerifyOnly, auth_backend, oauth2::ResourceMetadata,
    routes,
};
use jwt_auth_tests::{call, keys::verifying};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;

use crate::fixture::{ISSUER, NOW, User, alice, bearer, request, settings};

const RESOURCE: &str = "https://api.test/mcp";
const PATH: &str = "/.well-known/oauth-protected-resource/mcp";
const COMMON: &str = "Bearer realm=\"https://issuer.test\", resource_metadata=\"https://api.test/.well-known/oauth-protected-resource/mcp\"";

#[auth_backend(kind = "bearer", user = User, resource = "/mcp", scopes(read = "Read", write(read) = "Write"))]
struct Mcp;

#[auth_backend(kind = "oauth2", user = User, token_url = "/token", resource = "/")]
struct Whole;

#[auth_backend(kind = "bearer", user = User)]
struct Undeclared;

fn metadata() -> ResourceMetadata {
    ResourceMetadata::new(RESOURCE)
}

fn issuing() -> Builder<Mcp> {
    settings(Mcp.backend()).audience(RESOURCE)
}

fn issuer(name: &str) -> Issuer {
    Issuer::new(name).keys(verifying(Algorithm::ES256, "one"))
}

/// Issuers without an audience accept the resource.
fn verifying_mcp() -> Builder<Mcp, VerifyOnly> {
    let key = || verifying(Algorithm::ES256, "one");
    let builder = Mcp.backend().verify_only().clock(|| NOW).resource_metadata(metadata());
    let named = |name: &str| Issuer::rfc9068(name).keys(key()).audience(RESOURCE);
    builder.trust(named("https://id.test")).trust(named("https://partner.test"))
}

/// What `build()` says, without the name of the setting.
fn mistake<B>(built: Result<B, BuildError>) -> String {
    let error = built.map(drop).unwrap_err();
    let mut mistakes = error.mistakes();
    assert_eq!(mistakes.len(), 1, "{error}");
    mistakes.next().and_then(|text| text.strip_prefix("`resource_metadata`: ")).unwrap().to_owned()
}

// MCP-01, RFC 9728 sections 3 and 3.1: mounted at the path of the resource, and open without being listed, for verifiers too.
#[tokio::test]
async fn the_metadata_is_served_without_a_token() {
    let expected = |servers: &[&str]| {
        json!({
            "resource": RESOURCE,
            "authorization_servers": servers,
            "scopes_supported": ["read", "write"],
            "bearer_methods_supported": ["header"],
        })
    };
    let router = || Router::new().route("/mcp", any(|_: User| async {}));
    let own = issuing().resource_metadata(metadata()).build().unwrap().protect(router()).unwrap();
    let verifier = verifying_mcp().build().unwrap().protect(router()).unwrap();
    for (app, servers) in [(own, &[ISSUER][..]), (verifier, &["https://id.test", "https://partner.test"])] {
        let answer = call(&app, request("GET", PATH, &[])).await;
        assert_eq!((answer.status, answer.json()), (200, expected(servers)));
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert_eq!(answer.header("cache-control"), Some("public, max-age=300"));
        assert_eq!(call(&app, request("GET", "/mcp", &[])).await.status, 401);
        assert_eq!(call(&app, request("GET", "/.well-known/oauth-protected-resource", &[])).await.status, 401);
    }
}

// MCP-01: a page of any origin may read the metadata, whatever headers it sends.
#[tokio::test]
async fn pages_of_other_origins_may_read_it() {
    let app = verifying_mcp().build().unwrap().protect(Router::new()).unwrap();
    let origin = ("origin", "https://app.test");
    let preflight =
        [origin, ("access-control-request-method", "GET"), ("access-control-request-headers", "mcp-protocol-version")];
    for (method, headers, status) in
        [("GET", &[origin][..], 200), ("HEAD", &[origin], 200), ("OPTIONS", &preflight, 204)]
    {
        let answer = call(&app, request(method, PATH, headers)).await;
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (status, Some("*")), "{method}");
    }
    let answer = call(&app, request("OPTIONS", PATH, &preflight)).await;
    let allowed = ["access-control-allow-methods", "access-control-allow-headers"].map(|name| answer.header(name));
    assert_eq!(allowed, [Some("GET"), Some("*")]);
    let refused = call(&app, request("POST", PATH, &[])).await;
    assert_eq!((refused.status, refused.header("allow")), (405, Some("GET, HEAD, OPTIONS")));
}

// MCP-01, RFC 9728 section 3.1: nothing follows the well-known path if the resource is the whole service.
#[tokio::test]
async fn the_resource_can_be_the_whole_service() {
    let named = ResourceMetadata::new("https://api.test").authorization_server("https://id.test");
    let auth = settings(Whole.backend()).audience("https://api.test").resource_metadata(named).build().unwrap();
    let app = auth.protect(Router::new().route("/me", get(|_: User| async {}))).unwrap();
    let answer = call(&app, request("GET", "/.well-known/oauth-protected-resource", &[])).await;
    let expected = json!({
        "resource": "https://api.test",
        "authorization_servers": ["https://id.test"],
        "bearer_methods_supported": ["header"],
    });
    assert_eq!((answer.status, answer.json()), (200, expected));
}

// MCP-01: `http` on this machine only if the metadata says so.
#[test]
fn http_needs_the_switch() {
    let local = || ResourceMetadata::new("http://127.0.0.1:3000/mcp");
    let build = |metadata| settings(Mcp.backend()).any_audience().resource_metadata(metadata).build();
    assert!(build(local().allow_http_on_loopback()).is_ok());
    let text = mistake(build(local()));
    assert!(
        text.contains("`http://127.0.0.1:3000/mcp` is not an `https` URL") && text.contains("allow_http_on_loopback")
    );
    assert!(
        mistake(build(ResourceMetadata::new("http://api.test/mcp").allow_http_on_loopback())).contains("is not an")
    );
}

// MCP-01: the declaration and the builder name the same path, and the resource is an audience.
#[test]
fn a_resource_that_does_not_fit_is_refused() {
    let of = |metadata| mistake(issuing().resource_metadata(metadata).build());
    let missing = mistake(issuing().build());
    assert!(
        missing.contains("call `.resource_metadata(ResourceMetadata::new(\"https://api.example.com/mcp\"))`"),
        "{missing}"
    );
    let undeclared = mistake(settings(Undeclared.backend()).resource_metadata(metadata()).build());
    assert!(undeclared.contains("add `resource = \"/mcp\"`"), "{undeclared}");
    let other = of(ResourceMetadata::new("https://api.test/v1/mcp"));
    assert!(other.contains("write `resource = \"/v1/mcp\"`"), "{other}");
    let origin = of(ResourceMetadata::new("https://api.test"));
    assert!(origin.contains("write `resource = \"/\"`"), "{origin}");
    let foreign = of(ResourceMetadata::new("https://b.test/mcp"));
    assert!(foreign.contains("call `.audience(\"https://b.test/mcp\")`"), "{foreign}");
    let verifier = || Mcp.backend().verify_only().resource_metadata(metadata());
    let orders = || issuer("https://id.test").audience("orders");
    let text = mistake(verifier().trust(orders()).build());
    assert!(text.contains("call `.audience(\"https://api.test/mcp\")` of an `Issuer`"), "{text}");
    assert!(verifier().trust(orders().audience(RESOURCE)).build().is_ok());
    assert!(verifier().trust(orders()).trust(issuer("https://partner.test")).build().is_ok());
    assert!(verifier().trust(issuer("https://id.test").any_audience()).build().is_ok());
    // The mistake is named that is the cause.
    assert!(verifier().build().unwrap_err().to_string().contains("`trust` is missing"));
    // The audience of a backend that issues tokens is its issuer, unless it names others.
    let own = |issuer: &str| settings(Mcp.backend()).issuer(issuer).resource_metadata(metadata()).build();
    assert!(own(RESOURCE).is_ok());
    assert!(mistake(own("https://api.test")).contains("call `.audience"));
}

#[utoipa::path(post, path = "/mcp")]
async fn write(_: Require<mcp::Write>) {}

#[utoipa::path(get, path = "/mcp")]
async fn open_to_users(_: User) {}

// MCP-01, RFC 9728 section 5.1, RFC 6750 section 3: the challenges have the URL of the metadata, and the scopes to ask for.
#[tokio::test]
async fn challenges_name_the_metadata_and_the_scopes() {
    let auth = issuing().resource_metadata(metadata()).build().unwrap();
    let (app, _) = auth.protect(OpenApiRouter::new().routes(routes!(write, open_to_users))).unwrap();
    let challenge = async |method: &str, token: Option<&str>| {
        let header = token.map(bearer).unwrap_or_default();
        let headers: Vec<_> = token.map(|_| ("authorization", header.as_str())).into_iter().collect();
        let answer = call(&app, request(method, "/mcp", &headers)).await;
        (answer.status, answer.header("www-authenticate").unwrap_or_default().to_owned())
    };
    let token = |scopes: &[&str]| auth.new_token(&alice()).scopes(scopes).sign().unwrap();
    let invalid = "error=\"invalid_token\", error_description=\"the access token is not valid\"";
    assert_eq!(challenge("POST", None).await, (401, format!("{COMMON}, scope=\"write\"")));
    assert_eq!(challenge("POST", Some("a.b.c")).await, (401, format!("{COMMON}, {invalid}, scope=\"write\"")));
    let lacking = format!("{COMMON}, error=\"insufficient_scope\", scope=\"write\"");
    assert_eq!(challenge("POST", Some(&token(&["read"]))).await, (403, lacking));
    assert_eq!(challenge("POST", Some(&token(&["write"]))).await.0, 200);
    // No scope is demanded.
    assert_eq!(challenge("GET", None).await, (401, COMMON.to_owned()));
    assert_eq!(challenge("GET", Some("a.b.c")).await, (401, format!("{COMMON}, {invalid}")));
    // The document does not describe the method, so the scopes of all that it describes are demanded.
    assert_eq!(challenge("DELETE", None).await, (401, format!("{COMMON}, scope=\"write\"")));
    assert_eq!(challenge("POST", Some("a b")).await, (400, format!("{COMMON}, error=\"invalid_request\"")));
}

// MCP-01: without a document, the extractor of an open route names the scopes that it requires.
#[tokio::test]
async fn an_extractor_names_its_scopes_too() {
    #[auth_backend(kind = "bearer", user = User, scopes(read = "Read", write = "Write"), exclude = ["/open"])]
    struct Open;
    let auth = settings(Open.backend()).build().unwrap();
    let handler = |_: Require<(open::Read, open::Write)>| async {};
    let app = auth.protect(Router::new().route("/open", get(handler))).unwrap();
    let answer = call(&app, request("GET", "/open", &[])).await;
    let expected = "Bearer realm=\"https://issuer.test\", scope=\"read write\"";
    assert_eq!((answer.status, answer.header("www-authenticate")), (401, Some(expected)));
}

// MCP-01: the document shows the route, open.
#[test]
fn the_document_shows_the_metadata() {
    let (app, document) = verifying_mcp().build().unwrap().protect(OpenApiRouter::new()).unwrap();
    let document = serde_json::to_value(&document).unwrap();
    let operation = &document["paths"][PATH]["get"];
    assert_eq!(operation["security"], json!([]));
    let schema = &operation["responses"]["200"]["content"]["application/json"]["schema"];
    assert_eq!(schema["required"], json!(["resource", "authorization_servers"]));
    assert_eq!(operation["responses"].as_object().unwrap().len(), 1);
    assert!(app.access_map().to_string().contains(PATH), "{}", app.access_map());
}

// MCP-01: a route of the application at that path is a mistake.
#[test]
fn the_path_belongs_to_the_library() {
    let router = Router::new().route(PATH, get(|| async {}));
    let error = verifying_mcp().build().unwrap().protect(router).unwrap_err();
    assert_eq!(error, ProtectError::PathTaken { key: "resource", path: PATH.into() });
    assert!(error.to_string().contains("because of `resource`; remove the route or change `resource`"), "{error}");
}

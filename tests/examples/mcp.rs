//! The MCP server: its tool is reached with a token only, and knows the user. `tests/interop` has the official client.

use axum::routing::get;
use axum::{Json, Router};
use jwt_auth::{Algorithm, Backend, auth_backend};
use jwt_auth_tests::keys::signing;
use jwt_auth_tests::{Answer, Example, send};
use serde_json::json;

use crate::MCP;

const RESOURCE: &str = "http://127.0.0.1:3000/mcp";

#[derive(Clone, jwt_auth::JwtUser)]
struct User {
    #[jwt_user(id)]
    id: String,
}

#[auth_backend(kind = "bearer", user = User, scopes("tools:call" = "Call tools"))]
struct Idp;

/// A provider that issues tokens for the server.
async fn provider() -> (String, Backend<Idp>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let issuer = format!("http://{}", listener.local_addr().unwrap());
    let key = signing(Algorithm::ES256, "one");
    let auth = Idp.backend().keys(key.into()).issuer(&issuer).audience(RESOURCE).build().unwrap();
    let keys: serde_json::Value = serde_json::from_str(&auth.jwks()).unwrap();
    let configuration = json!({ "issuer": issuer, "jwks_uri": format!("{issuer}/keys") });
    let router = Router::new()
        .route("/.well-known/openid-configuration", get(move || async move { Json(configuration) }))
        .route("/keys", get(move || async move { Json(keys) }));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (issuer, auth)
}

/// A call of the tool, as a client of the protocol's version 2026-07-28 sends it, which needs no session.
async fn whoami(example: &Example, path: &str, authorization: &str) -> Answer {
    let member = |name: &str| format!("io.modelcontextprotocol/{name}");
    let meta = json!({
        member("protocolVersion"): "2026-07-28",
        member("clientInfo"): { "name": "test", "version": "1" },
        member("clientCapabilities"): {},
    });
    let params = json!({ "name": "whoami", "arguments": {}, "_meta": meta });
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params }).to_string();
    let lines = [
        &format!("POST {path} HTTP/1.1"),
        "Host: 127.0.0.1:3000",
        "Connection: close",
        "Content-Type: application/json",
        "Accept: application/json, text/event-stream",
        "MCP-Protocol-Version: 2026-07-28",
        "Mcp-Method: tools/call",
        "Mcp-Name: whoami",
        authorization,
        &format!("Content-Length: {}", body.len()),
    ];
    send(example.address, format!("{}\r\n\r\n{body}", lines.join("\r\n"))).await
}

// MCP-01, BRR-07
#[tokio::test]
async fn the_tool_is_called_with_a_token_for_this_server_only() {
    let (issuer, auth) = provider().await;
    let example = Example::start_with(MCP, 0, &[("ISSUER", &issuer), ("RESOURCE", RESOURCE)]).await;
    let token = |scopes: &[&str]| {
        let token = auth.new_token(&User { id: "alice".into() }).scopes(scopes).sign().unwrap();
        format!("Authorization: Bearer {token}")
    };
    let answer = whoami(&example, "/mcp", &token(&["tools:call"])).await;
    assert!(answer.status == 200 && answer.body.contains(r#""text":"alice""#), "{answer:?}");
    let challenge = format!(
        "Bearer realm=\"{issuer}\", resource_metadata=\"http://127.0.0.1:3000/.well-known/oauth-protected-resource/mcp\""
    );
    for path in ["/mcp", "/mcp/", "/mcp/x", "/"] {
        let refused = whoami(&example, path, "X-No: credential").await;
        assert_eq!((refused.status, refused.header("www-authenticate")), (401, Some(challenge.as_str())), "{path}");
    }
    let refused = whoami(&example, "/mcp", &token(&[])).await;
    let lacking = format!("{challenge}, error=\"insufficient_scope\", scope=\"tools:call\"");
    assert_eq!((refused.status, refused.header("www-authenticate")), (403, Some(lacking.as_str())));
    let metadata = jwt_auth_tests::get(example.address, "/.well-known/oauth-protected-resource/mcp", &[]).await.json();
    assert_eq!((&metadata["resource"], &metadata["authorization_servers"]), (&json!(RESOURCE), &json!([issuer])));
}

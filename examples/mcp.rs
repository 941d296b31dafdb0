//! An MCP server with the official Rust SDK. A client that knows only its URL gets a 401, reads where tokens come from, and signs
//! its user in there. `ISSUER` is the URL of an identity provider, which must issue tokens for `RESOURCE`, the URL of this server:
//! `ISSUER=https://id.example.com cargo run -p jwt-auth-examples --features mcp --bin mcp`.

use axum::{Router, extract::FromRequestParts, middleware::from_extractor};
use jwt_auth::{Issuer, JwtUser, Parts, RemoteJwks, Require, auth_backend, oauth2::ResourceMetadata};
use rmcp::handler::server::tool::Extension;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use rmcp::{ServerHandler, tool, tool_handler, tool_router};

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(id)]
    id: String,
}

#[auth_backend(kind = "bearer", user = User, resource = "/mcp", scopes("tools:call" = "Call tools"))]
struct Auth;

struct Tools;

#[tool_router]
impl Tools {
    /// Says who calls: the user of this HTTP request, not the one who began the MCP session.
    #[tool(description = "Says who you are")]
    async fn whoami(&self, Extension(mut request): Extension<Parts>) -> Result<String, String> {
        let user = User::from_request_parts(&mut request, &()).await.map_err(|refused| refused.to_string())?;
        Ok(user.id)
    }
}

#[tool_handler]
impl ServerHandler for Tools {}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let issuer = std::env::var("ISSUER")?;
    let resource = std::env::var("RESOURCE").unwrap_or("http://127.0.0.1:3000/mcp".into());
    // A provider and a server on this machine, for a first try, need no TLS.
    let keys = RemoteJwks::discover();
    let keys = if issuer.starts_with("http://127.0.0.1:") { keys.allow_http_on_loopback() } else { keys };
    let metadata = ResourceMetadata::new(&resource).allow_http_on_loopback();
    // The tokens of the issuer must be for this resource, as it names no other audience.
    let trusted = Issuer::new(&issuer).keys(keys);
    let auth = Auth.backend().verify_only().trust(trusted).resource_metadata(metadata).build()?;

    // The SDK answers only requests for these hosts.
    let hosts = resource.parse::<axum::http::Uri>()?.authority().map(ToString::to_string);
    let config = StreamableHttpServerConfig::default().with_allowed_hosts(hosts);
    let mcp = StreamableHttpService::new(|| Ok(Tools), LocalSessionManager::default().into(), config);
    // Every request needs a token, as the route is not excluded, and the token needs the scope.
    let router = Router::new().nest_service("/mcp", mcp).layer(from_extractor::<Require<auth::ToolsCall>>());
    let app = auth.protect(router)?;

    let listener = tokio::net::TcpListener::bind(std::env::var("ADDR").unwrap_or("127.0.0.1:3000".into())).await?;
    println!("listening on http://{}", listener.local_addr()?);
    Ok(axum::serve(listener, app).await?)
}

//! A resource server. An identity provider signs users in and issues tokens, and this service verifies them with the keys that
//! the provider publishes. `ISSUER` is the URL of the provider, `AUDIENCE` the name of this service in its tokens.

use axum::routing::get;
use axum::{Json, Router};
use jwt_auth::{Algorithm, Issuer, JwtUser, RemoteJwks, Require, Token, auth_backend};
use serde::Serialize;

#[derive(Clone, Serialize, JwtUser)]
struct User {
    #[jwt_user(id)]
    id: String,
}

#[auth_backend(
    kind = "bearer",
    user = User,
    scopes("orders:read" = "Read orders"),
    exclude = ["/health"],
)]
struct Auth;

async fn me(user: User) -> Json<User> {
    Json(user)
}

async fn orders(_: Require<auth::OrdersRead>, token: Token) -> String {
    format!("the orders of {}\n", token.subject())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let issuer = std::env::var("ISSUER")?;
    // Providers whose keys have no `alg` use RS256. A provider on this machine, for a first try, needs no TLS.
    let keys = RemoteJwks::discover().assume_algorithm(Algorithm::RS256);
    let keys = if issuer.starts_with("http://127.0.0.1:") { keys.allow_http_on_loopback() } else { keys };
    let auth = Auth
        .backend()
        .verify_only()
        .trust(Issuer::new(&issuer).keys(keys).audience(std::env::var("AUDIENCE")?))
        .build()?;
    let app = auth.protect(
        Router::new().route("/health", get(|| async { "ok" })).route("/me", get(me)).route("/orders", get(orders)),
    )?;
    let listener = tokio::net::TcpListener::bind(std::env::var("ADDR").unwrap_or("127.0.0.1:3000".into())).await?;
    println!("listening on http://{}", listener.local_addr()?);
    Ok(axum::serve(listener, app).await?)
}

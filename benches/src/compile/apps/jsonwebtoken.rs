use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::routing::get;
use axum::{Json, Router};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};

#[derive(Clone, serde::Deserialize, serde::Serialize)]
struct User {
    sub: String,
    name: String,
}

type Verifier = Arc<(DecodingKey, Validation)>;

impl FromRequestParts<Verifier> for User {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, verifier: &Verifier) -> Result<Self, StatusCode> {
        let header = parts.headers.get("authorization").and_then(|value| value.to_str().ok());
        let token = header.and_then(|value| value.strip_prefix("Bearer ")).ok_or(StatusCode::UNAUTHORIZED)?;
        let token = decode::<User>(token, &verifier.0, &verifier.1).map_err(|_| StatusCode::UNAUTHORIZED)?;
        Ok(token.claims)
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let key = DecodingKey::from_secret(std::env::var("JWT_SECRET")?.as_bytes());
    let mut validation = Validation::new(Algorithm::HS256);
    validation.set_issuer(&["https://api.example.com"]);
    let router = Router::new()
        .route("/health", get(|| async { "ok" }))
        .route("/me", get(|user: User| async { Json(user) }))
        .with_state(Arc::new((key, validation)));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    axum::serve(listener, router).await?;
    Ok(())
}

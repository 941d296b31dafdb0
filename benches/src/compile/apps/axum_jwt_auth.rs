use std::sync::Arc;

use axum::extract::FromRef;
use axum::routing::get;
use axum::{Json, Router};
use axum_jwt_auth::{Claims, Decoder, LocalDecoder};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};

#[derive(Clone, serde::Deserialize, serde::Serialize)]
struct User {
    sub: String,
    name: String,
}

#[derive(Clone)]
struct State(Decoder<User>);

impl FromRef<State> for Decoder<User> {
    fn from_ref(state: &State) -> Self {
        Arc::clone(&state.0)
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let key = DecodingKey::from_secret(std::env::var("JWT_SECRET")?.as_bytes());
    let mut validation = Validation::new(Algorithm::HS256);
    validation.set_issuer(&["https://api.example.com"]);
    validation.set_audience(&["https://api.example.com"]);
    let decoder = LocalDecoder::builder().keys(vec![key]).validation(validation).build()?;
    let router = Router::new()
        .route("/health", get(|| async { "ok" }))
        .route("/me", get(|user: Claims<User>| async { Json(user.claims) }))
        .with_state(State(Arc::new(decoder)));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    axum::serve(listener, router).await?;
    Ok(())
}

use axum::routing::get;
use axum::{Json, Router};

#[derive(Clone, serde::Serialize, jwt_auth::JwtUser)]
struct User {
    #[jwt_user(id)]
    id: u64,
    #[jwt_user(claim)]
    name: String,
}

#[jwt_auth::auth_backend(kind = "bearer", user = User, exclude = ["/health"])]
struct Auth;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let keys = jwt_auth::Keys::hs256_from_env("JWT_SECRET")?;
    let auth = Auth.backend().keys(keys).issuer("https://api.example.com").build()?;
    let router = Router::new()
        .route("/health", get(|| async { "ok" }))
        .route("/me", get(|user: User| async { Json(user) }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    axum::serve(listener, auth.protect(router)?).await?;
    Ok(())
}

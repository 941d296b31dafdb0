//! What the messages about settings suggest to write: calls of the builder, and keys with another name.

use std::time::Duration;

use jwt_auth::{JwtUser, Keys, MemoryStore, RefreshTokens, auth_backend};

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(id)]
    id: u64,
    #[jwt_user(claim = "p")]
    plan: String,
}

#[auth_backend(kind = "oauth2", user = User, token_url = "/login", scopes(read = "Read orders"), exclude = ["/health"])]
struct Auth;

fn settings() -> Result<(), Box<dyn std::error::Error>> {
    let _ = Auth
        .backend()
        .keys(Keys::hs256_from_env("JWT_SECRET")?)
        .issuer("https://api.example.com")
        .audience("orders")
        .lifetime(Duration::from_secs(900))
        .insecure_cookie()
        .cookie_domain("example.com")
        .default_scopes(["read"])
        .leeway(Duration::from_secs(30))
        .store(MemoryStore::new())
        .refresh_tokens(RefreshTokens::new())
        .allowed_origin("https://app.example.com")
        .build()?;
    Ok(())
}

#[test]
fn compiles_and_runs() {
    let _ = settings;
}

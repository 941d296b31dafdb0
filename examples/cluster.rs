//! Several processes that share one store. A user who signs out at one process is signed out at all of them, and a refresh token
//! can be used only once. `STORE` is the URL of the store: `redis://...`, several of these with commas between them for a Redis
//! Cluster, `postgres://...` or `sqlite:file`. `JWT_SECRET` must be the same in all processes.

use std::sync::Arc;

use axum::routing::{get, post};
use axum::{Json, Router};
use jwt_auth::{
    AuthSession, JwtUser, Keys, Logout, LogoutError, Parts, RefreshTokens, auth_backend,
    store::{PostgresStore, RedisStore, SqliteStore, Store},
};
use serde::Serialize;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use sqlx::{PgPool, SqlitePool};

#[derive(Clone, Serialize, JwtUser)]
struct User {
    #[jwt_user(id)]
    name: String,
}

#[auth_backend(kind = "oauth2", user = User, authenticate = check_password, token_url = "/token")]
struct Auth;

// In this example, all users have the same password.
fn check_password(_: &Auth, name: &str, password: &str, _: &Parts) -> Option<User> {
    (password == "wonderland").then(|| User { name: name.to_owned() })
}

async fn me(user: User) -> Json<User> {
    Json(user)
}

async fn logout(session: AuthSession<Auth>) -> Result<Logout, LogoutError> {
    session.logout().await
}

async fn store(url: &str) -> Result<Arc<dyn Store>, Box<dyn std::error::Error>> {
    Ok(match url.split(':').next() {
        Some("redis") if url.contains(',') => Arc::new(RedisStore::connect_cluster(url.split(','), "shop").await?),
        Some("redis") => Arc::new(RedisStore::connect(url, "shop").await?),
        Some("postgres") => Arc::new(PostgresStore::new(PgPool::connect(url).await?).migrate().await?),
        _ => {
            let options: SqliteConnectOptions = url.parse()?;
            let options = options.create_if_missing(true).journal_mode(SqliteJournalMode::Wal);
            Arc::new(SqliteStore::new(SqlitePool::connect_with(options).await?).migrate().await?)
        }
    })
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let auth = Auth
        .backend()
        .keys(Keys::hs256_from_env("JWT_SECRET")?)
        .issuer("https://shop.example")
        .store(store(&std::env::var("STORE")?).await?)
        .refresh_tokens(RefreshTokens::new())
        .build()?;
    let app = auth.protect(Router::new().route("/me", get(me)).route("/logout", post(logout)))?;
    let listener = tokio::net::TcpListener::bind(std::env::var("ADDR").unwrap_or("127.0.0.1:3000".into())).await?;
    println!("listening on http://{}", listener.local_addr()?);
    Ok(axum::serve(listener, app).await?)
}

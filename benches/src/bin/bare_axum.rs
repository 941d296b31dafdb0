//! A server of one route without authentication, which `load` measures beside the example `oauth2`. Its answer is as long as that
//! of the example's `/some-path`.
//!
//! This is a separate program because the other benchmarks count allocations, and their allocator takes a hundred instructions
//! for each.

use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use uuid::Uuid;

#[derive(Clone, Serialize)]
struct User {
    id: Uuid,
    name: String,
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let user = User { id: Uuid::new_v4(), name: "visitor-000".into() };
    let app = Router::new().route("/some-path", get(|| async move { Json(user.clone()) }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app).await
}

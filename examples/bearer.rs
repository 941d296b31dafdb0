//! A backend that takes its token from the `Authorization` header, and the routes around it.

use std::collections::HashMap;
use std::sync::Mutex;

use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use jwt_auth::{AuthSession, JwtUser, Keys, Login, LoginError, Parts, Token, auth_backend};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Clone, Serialize, Deserialize, JwtUser)]
struct User {
    #[jwt_user(id)]
    id: Uuid,
    name: String,
    email: String,
}

// `/login` is open, so that users without a token can sign in.
#[auth_backend(kind = "bearer", user = User, retrieve_user = find_user, exclude = ["/login"])]
#[derive(Default)]
struct Auth(Mutex<HashMap<String, User>>);

// The function can be sync or async.
async fn find_user(auth: &Auth, token: &Token, _: &Parts) -> Option<User> {
    auth.0.lock().ok()?.get(token.subject()).cloned()
}

// `AuthSession` signs the user in. The answer carries the token in its `Authorization` header.
async fn login(session: AuthSession<Auth>, Json(user): Json<User>) -> Result<Login, LoginError> {
    session.config().0.lock().unwrap().insert(user.id.to_string(), user.clone());
    session.login(&user).body(&user).status(StatusCode::CREATED).await
}

// A guarded route. The guard has verified the token and looked up the user.
async fn some_path(user: User, _token: Token) -> Json<User> {
    Json(user)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let auth = Auth::default().backend().keys(Keys::hs256_from_env("JWT_SECRET")?).issuer("bearer").build()?;
    let app = auth.protect(Router::new().route("/login", post(login)).route("/some-path", get(some_path)))?;
    let listener = tokio::net::TcpListener::bind(std::env::var("ADDR").unwrap_or("127.0.0.1:3000".into())).await?;
    println!("listening on http://{}", listener.local_addr()?);
    Ok(axum::serve(listener, app).await?)
}

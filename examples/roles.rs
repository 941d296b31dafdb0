//! Roles that are looked up with the user, in a custom extractor that refuses like the guard. One user is banned.

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use jwt_auth::{AuthSession, JwtUser, Keys, NotAllowed, Parts, Rejection, Token, auth_backend, rejection::BoxError};
use serde::Serialize;

#[derive(Clone, Copy, Serialize)]
enum Role {
    Guest,
    Editor,
    Admin,
}

#[derive(Clone, Serialize, JwtUser)]
struct User {
    #[jwt_user(id)]
    name: String,
    role: Role,
}

#[auth_backend(kind = "bearer", user = User, retrieve_user = find_user, exclude = ["/login"])]
struct Auth;

impl Auth {
    /// The user with the current role, even if it has changed since the token was issued. Your program would ask its database.
    fn by_name(&self, name: &str) -> Option<User> {
        let role = match name {
            "alice" => Role::Admin,
            "bob" => Role::Editor,
            "carol" | "mallory" => Role::Guest,
            _ => return None,
        };
        Some(User { name: name.to_owned(), role })
    }
}

fn find_user(auth: &Auth, token: &Token, _: &Parts) -> Result<Option<User>, BoxError> {
    match auth.by_name(token.subject()) {
        // 403 instead of 401, because the user is known but not allowed in.
        Some(user) if user.name == "mallory" => Err(NotAllowed::because("mallory is banned").into()),
        found => Ok(found),
    }
}

/// The user, if their role is `ROLE` or a higher one; 403 otherwise.
struct AtLeast<const ROLE: u8>(User);

const EDITOR: u8 = Role::Editor as u8;
const ADMIN: u8 = Role::Admin as u8;

impl<S: Send + Sync, const ROLE: u8> FromRequestParts<S> for AtLeast<ROLE> {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Rejection> {
        let user = User::from_request_parts(parts, state).await?;
        if user.role as u8 >= ROLE { Ok(Self(user)) } else { Err(Rejection::forbidden(parts, "the role is too low")) }
    }
}

// Your program must check a password here; the oauth2 example shows how.
async fn login(session: AuthSession<Auth>, Json(name): Json<String>) -> Response {
    match session.config().by_name(&name) {
        Some(user) => session.login(&user).await.into_response(),
        None => StatusCode::FORBIDDEN.into_response(),
    }
}

async fn me(user: User) -> Json<User> {
    Json(user)
}

async fn write(AtLeast(user): AtLeast<EDITOR>) -> String {
    format!("{} has written\n", user.name)
}

async fn remove(AtLeast(user): AtLeast<ADMIN>) -> String {
    format!("{} has removed everything\n", user.name)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let keys = Keys::hs256_from_env("JWT_SECRET").or_else(|_| Keys::hs256_ephemeral())?;
    let auth = Auth.backend().keys(keys).issuer("roles").build()?;
    let router =
        Router::new().route("/login", post(login)).route("/me", get(me)).route("/articles", post(write).delete(remove));
    let listener = tokio::net::TcpListener::bind(std::env::var("ADDR").unwrap_or("127.0.0.1:3000".into())).await?;
    println!("listening on http://{}", listener.local_addr()?);
    Ok(axum::serve(listener, auth.protect(router)?).await?)
}

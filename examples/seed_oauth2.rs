//! The program that this library was first written for: an OAuth2 password-flow backend and its routes.

use std::collections::HashMap;
use std::sync::Mutex;

use axum::{Json, http::StatusCode, response::IntoResponse, routing::get};
use jwt_auth::{AuthSession, JwtUser, Keys, Parts, Token, auth_backend, oauth2::TokenResponse, openapi, routes};
use serde::{Deserialize, Serialize};
use utoipa::{OpenApi, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

#[derive(Clone, Serialize, Deserialize, ToSchema, JwtUser)]
struct User {
    #[jwt_user(id)]
    id: Uuid,
    name: String,
    email: String,
}

// The login endpoint is open without being listed. We add the second one and our OpenAPI document.
#[auth_backend(
    kind = "oauth2",
    user = User,
    retrieve_user = find_user,
    token_url = "/login",
    exclude = ["/login_custom", "/schema"],
)]
struct Auth(Mutex<HashMap<String, User>>);

// We describe our API as usual. The library adds the security scheme.
#[derive(OpenApi)]
#[openapi(info(title = "My API", version = "1.0.0"))]
struct Api;

// The function can be sync or async.
fn find_user(auth: &Auth, token: &Token, _: &Parts) -> Option<User> {
    auth.0.lock().ok()?.get(token.subject()).cloned()
}

// `AuthSession` signs the user in. Without our own body, the answer is the standard OAuth2 response.
#[utoipa::path(post, path = "/login", responses((status = 201, body = TokenResponse)))]
async fn login(session: AuthSession<Auth>, Json(user): Json<User>) -> impl IntoResponse {
    session.config().0.lock().unwrap().insert(user.id.to_string(), user.clone());
    session.login(&user).status(StatusCode::CREATED).await
}

#[utoipa::path(post, path = "/login_custom", responses((status = 201, body = User)))]
async fn login_custom(session: AuthSession<Auth>, Json(user): Json<User>) -> impl IntoResponse {
    session.config().0.lock().unwrap().insert(user.id.to_string(), user.clone());
    session.login(&user).status(StatusCode::CREATED).body(&user).await
}

// A guarded route. The guard has verified the token and looked up the user.
#[utoipa::path(get, path = "/some-path", responses((status = 200, body = User)))]
async fn some_path(user: User, _token: Token) -> Json<User> {
    Json(user)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let auth = Auth(Mutex::default()).backend().keys(Keys::hs256_from_env("JWT_SECRET")?).issuer("seed").build()?;
    let router = OpenApiRouter::with_openapi(Api::openapi()).routes(routes!(login)).routes(routes!(login_custom));
    let (app, _) = auth.protect(router.routes(routes!(some_path)).route("/schema", get(openapi::serve_document)))?;
    let listener = tokio::net::TcpListener::bind(std::env::var("ADDR").unwrap_or("127.0.0.1:3000".into())).await?;
    println!("listening on http://{}", listener.local_addr()?);
    Ok(axum::serve(listener, app).await?)
}

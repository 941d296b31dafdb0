//! A complete OAuth2 password flow: users in SQLite, scopes, an open route that greets signed-in users, the OpenAPI document and
//! Swagger UI. Run `cargo run -p jwt-auth-examples` and open the printed address.

#[cfg(feature = "metrics")]
mod metrics;
mod users;

use std::net::SocketAddr;
use std::time::Duration;

use axum::extract::Path;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use jwt_auth::{
    AuthSession, GrantError, JwtUser, Keys, Login, Logout, LogoutError, Parts, PasswordForm, RefreshTokens, Require,
    Token, auth_backend, keys::KeyError, openapi, routes,
};
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_swagger_ui::{Config, SwaggerUi};
use uuid::Uuid;

use users::Users;

#[derive(Clone, Serialize, ToSchema, JwtUser)]
struct User {
    #[jwt_user(id)]
    id: Uuid,
    name: String,
}

#[auth_backend(
    kind = "oauth2",
    user = User,
    retrieve_user = find_user,
    authenticate = check_password,
    token_url = "/login",
    scopes(read = "Read orders", write = "Change orders"),
    exclude = ["POST /login_custom", "/schema", "/docs", "/docs/{*rest}", "GET /products/{id}"],
)]
struct Auth {
    users: Users,
}

#[derive(OpenApi)]
#[openapi(info(title = "Orders", version = "1.0.0"))]
struct Api;

async fn find_user(auth: &Auth, token: &Token, _: &Parts) -> Result<Option<User>, sqlx::Error> {
    auth.users.by_id(token.subject()).await
}

/// Checks the password for `/login`. The library answers there itself, also with refresh tokens.
async fn check_password(auth: &Auth, name: &str, password: &str, _: &Parts) -> Result<Option<User>, sqlx::Error> {
    auth.users.by_password(name, password).await
}

/// Signs a user in with a form or with JSON, and answers with the user. Wrong passwords here and at `/login` count together.
#[utoipa::path(
    post, path = "/login_custom",
    request_body(content((PasswordForm = "application/x-www-form-urlencoded"), (PasswordForm = "application/json"))),
    responses(
        (status = 200, body = User),
        (status = 400, description = "RFC 6749 section 5.2"),
        (status = 429, description = "Too many wrong passwords, or too many sign-ins at once"),
    )
)]
async fn login_custom(session: AuthSession<Auth>, form: PasswordForm) -> Result<Login, GrantError> {
    let user = session.check_password(&form.username, &form.password).await?.ok_or(GrantError::InvalidGrant)?;
    Ok(session.login(&user).scopes(form.scopes()).body(&user).await?)
}

/// Ends the session and removes the cookie.
#[utoipa::path(post, path = "/logout", responses((status = 204, description = "Signed out")))]
async fn logout(session: AuthSession<Auth>) -> Result<Logout, LogoutError> {
    session.logout().await
}

/// Who am I?
#[utoipa::path(get, path = "/some-path", responses((status = 200, body = User)))]
async fn some_path(user: User) -> Json<User> {
    Json(user)
}

/// Needs the scope `read`.
#[utoipa::path(get, path = "/orders", responses((status = 200, body = Vec<String>)))]
async fn orders(_: Require<auth::Read>, user: User) -> Json<Vec<String>> {
    Json(vec![format!("a bicycle for {}", user.name)])
}

/// Needs the scope `write`.
#[utoipa::path(post, path = "/orders", responses((status = 201, description = "Ordered")))]
async fn order(_: Require<auth::Write>, _user: User) -> StatusCode {
    StatusCode::CREATED
}

/// Open to everyone. Greets users who are signed in.
#[utoipa::path(
    get, path = "/products/{id}",
    params(("id" = i64, Path)),
    responses((status = 200, body = String), (status = 400, description = "No number", body = String))
)]
async fn product(user: Option<User>, Path(id): Path<i64>) -> String {
    let name = user.map_or("stranger".into(), |user| user.name);
    format!("Product {id} for you, {name}")
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt().with_max_level(tracing_subscriber::filter::LevelFilter::INFO).init();
    #[cfg(feature = "metrics")]
    metrics::serve().await?;
    let users = Users::open(&std::env::var("DATABASE_URL").unwrap_or("sqlite::memory:".into())).await?;
    // Behind a proxy: its addresses or networks, separated by commas, and the path that it takes off, such as `/api`.
    let [proxies, prefix] = ["TRUSTED_PROXIES", "PUBLIC_PREFIX"].map(|name| std::env::var(name).unwrap_or_default());
    let auth = Auth { users }.backend().keys(keys()?).issuer("https://oauth2.example");
    let auth = auth.trusted_proxies(proxies.split(',')).public_prefix(&prefix);
    // For ten seconds a user is not looked up again. Sign-outs count at once all the same.
    let auth = auth.user_cache(Duration::from_secs(10)).token_cache(10_000);
    let auth = auth.refresh_tokens(RefreshTokens::new()).build()?;

    let router = OpenApiRouter::with_openapi(Api::openapi())
        .routes(routes!(login_custom))
        .routes(routes!(logout))
        .routes(routes!(some_path))
        .routes(routes!(orders, order))
        .routes(routes!(product))
        .route("/schema", get(openapi::serve_document))
        .merge(
            Router::from(
                SwaggerUi::new("/docs").config(Config::from(format!("{}/schema", prefix.trim_end_matches('/')))),
            )
            .into(),
        );
    let (app, _document) = auth.protect(router)?;
    println!("{}", app.access_map());

    let address = std::env::var("ADDR").unwrap_or("127.0.0.1:3000".into());
    let listener = tokio::net::TcpListener::bind(&address)
        .await
        .map_err(|error| format!("{address}: {error}; ADDR chooses another address, as in ADDR=127.0.0.1:3001"))?;
    println!("listening on http://{}", listener.local_addr()?);
    println!("sign in as {} with the password {} at /docs/", users::DEMO_NAME, users::DEMO_PASSWORD);
    // The throttle counts wrong passwords by the client's address, so the service needs the connect info.
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    // Requests that have begun are answered, and what they store is stored.
    axum::serve(listener, app).with_graceful_shutdown(stopped()).await?;
    auth.finish().await;
    Ok(())
}

/// Waits for Ctrl-C, or for the signal with which a service manager stops a process.
async fn stopped() {
    let ctrl_c = async {
        let _ = tokio::signal::ctrl_c().await;
    };
    #[cfg(unix)]
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<()>();
    tokio::select! {
        () = ctrl_c => {}
        () = terminated => {}
    }
}

/// The keys, from `JWT_SECRET`. Without it, a random secret for this process.
fn keys() -> Result<Keys, KeyError> {
    match Keys::hs256_from_env("JWT_SECRET") {
        Err(KeyError::NotSet { variable }) => {
            println!(
                "warning: {variable} is not set; tokens are signed with a random secret and are invalid after a restart"
            );
            Keys::hs256_ephemeral()
        }
        keys => keys,
    }
}

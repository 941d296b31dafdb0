//! A resource server behind identity providers, to try against your own without changing a line:
//! `PROVIDER=entra ISSUER=.. AUDIENCE=.. cargo run -p jwt-auth-examples --features remote --bin resource_server`.
//! `PROVIDER` names a preset; without it the issuer is a generic one. For several issuers separate the values by commas. `CALLERS`
//! lists those who may call, for providers that issue a token for your audience to anybody. `/docs` is Swagger UI, whose *Authorize*
//! signs in at the provider; `CLIENT_ID` is its client there. For opaque tokens set `INTROSPECTION_URL`, `INTROSPECTION_ID` and
//! `INTROSPECTION_SECRET`.

use std::env::var;

use axum::{Json, Router, routing::get};
use jwt_auth::{Issuer, JwtUser, Require, auth_backend, issuer::Introspection, issuer::Provider, openapi, routes};
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_swagger_ui::{Config, SwaggerUi, oauth};

#[derive(Clone, Serialize, JwtUser)]
struct User {
    #[jwt_user(id)]
    id: String,
}

#[auth_backend(
    kind = "bearer",
    user = User,
    exclude = ["/health", "/schema", "/docs", "/docs/{*rest}"],
    scopes("orders:read" = "Read orders"),
)]
struct Auth;

#[utoipa::path(get, path = "/me", responses((status = 200)))]
async fn me(user: User) -> Json<User> {
    Json(user)
}

#[utoipa::path(get, path = "/orders", responses((status = 200)))]
async fn orders(_: Require<auth::OrdersRead>, user: User) -> String {
    format!("the orders of {}\n", user.id)
}

/// The values of a variable, separated by commas.
fn list(name: &str) -> Vec<String> {
    var(name).unwrap_or_default().split(',').map(|one| one.trim().to_owned()).filter(|one| !one.is_empty()).collect()
}

/// The issuers. If there are more of them than providers or audiences, the last one of these counts for the rest.
fn issuers() -> Result<Vec<Issuer>, Box<dyn std::error::Error>> {
    let (providers, audiences) = (list("PROVIDER"), list("AUDIENCE"));
    let mut issuers = Vec::new();
    for (at, name) in list("ISSUER").into_iter().enumerate() {
        let issuer = match providers.get(at).or(providers.last()) {
            None => Issuer::new(name),
            Some(provider) => {
                let provider: Provider = provider.parse()?;
                let callers = if provider.needs_callers() { list("CALLERS") } else { Vec::new() };
                Issuer::of(provider, name).callers(callers)
            }
        };
        // For tokens that only the provider can read, say where it answers and which client asks.
        let issuer = match var("INTROSPECTION_URL") {
            Ok(url) => {
                let asks = Introspection::new(url, var("INTROSPECTION_ID")?, var("INTROSPECTION_SECRET")?);
                issuer.introspection(asks.allow_http_on_loopback())
            }
            Err(_) => issuer,
        };
        issuers.push(match audiences.get(at).or(audiences.last()) {
            Some(audience) => issuer.audience(audience),
            None => issuer,
        });
    }
    Ok(issuers)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let issuers = issuers()?;
    issuers.iter().for_each(|issuer| println!("trusts {issuer:?}"));
    let auth = issuers.into_iter().fold(Auth.backend().verify_only(), |auth, issuer| auth.trust(issuer)).build()?;

    let client = oauth::Config::new().client_id(&var("CLIENT_ID").unwrap_or_default());
    let pages = SwaggerUi::new("/docs").config(Config::from("/schema"));
    let pages = pages.oauth(client.use_pkce_with_authorization_code_grant(true));
    let router = OpenApiRouter::new()
        .routes(routes!(me))
        .routes(routes!(orders))
        .route("/health", get(async || "ok"))
        .route("/schema", get(openapi::serve_document))
        .merge(Router::from(pages).into());
    let (app, _document) = auth.protect(router)?;

    let listener = tokio::net::TcpListener::bind(var("ADDR").unwrap_or("127.0.0.1:3000".into())).await?;
    println!("listening on http://{}", listener.local_addr()?);
    Ok(axum::serve(listener, app).await?)
}

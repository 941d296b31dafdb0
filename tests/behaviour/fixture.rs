//! Three backends at a fixed time, and an application that counts what reaches its handlers.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::Body;
use axum::routing::{MethodFilter, any, get, on, post};
use jwt_auth::{AuthBackend, Backend, Builder, JwtUser, Keys, Protected, auth_backend};
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;

pub(crate) const NOW: i64 = 1_800_000_000;
pub(crate) const ISSUER: &str = "https://issuer.test";
pub(crate) const SECRET: &str = "q3v0J7mX2kD9fS1aLw8ZpT4cYb6NuRhGeVxKoMiQs5E";

pub(crate) const PLAIN: &str = "Bearer realm=\"https://issuer.test\"";
pub(crate) const INVALID_REQUEST: &str = "Bearer realm=\"https://issuer.test\", error=\"invalid_request\"";
pub(crate) const INVALID_TOKEN: &str = "Bearer realm=\"https://issuer.test\", error=\"invalid_token\", error_description=\"the access token is not valid\"";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, JwtUser)]
pub(crate) struct User {
    #[jwt_user(id)]
    pub(crate) id: u64,
    #[jwt_user(claim)]
    pub(crate) name: String,
}

#[auth_backend(kind = "bearer", user = User, scopes(read = "Read", write = "Write"), exclude = ["/open", "/files/{*rest}", "GET /half", "/assets/{*rest}"])]
pub(crate) struct Bearer;

#[auth_backend(kind = "cookie", user = User, exclude = ["/open"])]
pub(crate) struct Cookie;

#[auth_backend(kind = "oauth2", user = User, token_url = "/login", scopes(read = "Read", write = "Write"), exclude = ["/open"])]
pub(crate) struct OAuth2;

#[auth_backend(kind = "bearer", user = User, header = "X-API-Key", exclude = ["/open"])]
pub(crate) struct ApiKey;

pub(crate) fn settings<A: AuthBackend>(builder: Builder<A>) -> Builder<A> {
    jwt_auth_tests::trace::trace_to_file();
    builder.keys(Keys::hs256(SECRET).unwrap()).issuer(ISSUER).clock(|| NOW)
}

pub(crate) fn ready<A: AuthBackend>(builder: Builder<A>) -> Backend<A> {
    settings(builder).build().unwrap()
}

pub(crate) fn alice() -> User {
    User { id: 7, name: "alice".into() }
}

/// A token of the backend's own for alice.
pub(crate) fn token<A: AuthBackend<User = User>>(auth: &Backend<A>) -> String {
    auth.create_token(&alice()).unwrap()
}

/// How often a handler behind the guard ran.
#[derive(Clone, Default)]
pub(crate) struct Hits(Arc<AtomicUsize>);

impl Hits {
    pub(crate) fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    pub(crate) fn hit(&self) -> &'static str {
        self.0.fetch_add(1, Ordering::SeqCst);
        "in"
    }
}

/// Routes of every shape behind the guard. Each counts its calls.
pub(crate) fn app<A: AuthBackend>(auth: &Backend<A>) -> (Protected, Hits) {
    let hits = Hits::default();
    let handler = {
        let hits = hits.clone();
        move || async move { hits.hit() }
    };
    let service = Router::new().route("/a", get(handler.clone())).route("/{*rest}", get(handler.clone()));
    let router = Router::new()
        .route("/", get(handler.clone()))
        .route("/me", get(handler.clone()).post(handler.clone()))
        .route("/any", any(handler.clone()))
        .route("/open", get(|| async { "open" }).post(|| async { "open" }))
        .route("/half", get(|| async { "open" }).post(handler.clone()))
        .route("/files/{*rest}", get(|| async { "file" }))
        .nest("/api", Router::new().route("/u/{id}", get(handler.clone())).route("/post", post(handler.clone())))
        .nest_service("/static", service.clone())
        .nest_service("/assets", service)
        .fallback(handler);
    (auth.protect(router).unwrap(), hits)
}

/// The routes that the patterns above open, for a documented router: a pattern without a route is an error there. They
/// answer a method that no test calls.
pub(crate) fn with_open_routes(router: OpenApiRouter) -> OpenApiRouter {
    let paths = ["/open", "/files/{*rest}", "/half", "/assets/{*rest}", "/a/{id}"];
    paths.iter().fold(router, |router, path| router.route(path, on(MethodFilter::CONNECT, || async {})))
}

pub(crate) fn request(method: &str, path: &str, headers: &[(&str, &str)]) -> http::Request<Body> {
    let mut builder = http::Request::builder().method(method).uri(path);
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    builder.body(Body::empty()).unwrap()
}

pub(crate) fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

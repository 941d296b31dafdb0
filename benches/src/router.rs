//! A backend behind a real router in this process, and requests for it.

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use jwt_auth::{Backend, Protected, auth_backend, config::Mode};
use jwt_auth_benches::User;

pub(crate) const ISSUER: &str = "https://api.example.com";
pub(crate) const SECRET: &str = "q3v0J7mX2kD9fS1aLw8ZpT4cYb6NuRhGeVxKoMiQs5E";

#[auth_backend(kind = "bearer", user = User)]
pub(crate) struct Auth;

/// A guarded router with a handler that takes the user and does nothing.
pub(crate) fn protected<M: Mode>(auth: &Backend<Auth, M>) -> Protected {
    auth.protect(Router::new().route("/me", get(|_: User| async { "in" }))).expect("a router")
}

/// A request with this `Authorization`.
pub(crate) fn request(authorization: &str) -> http::Request<Body> {
    http::Request::get("/me").header("authorization", authorization).body(Body::empty()).expect("a request")
}

/// The value of `Authorization` for a user.
pub(crate) fn authorization(auth: &Backend<Auth>, id: u64) -> String {
    auth.format_auth_header(&auth.create_token(&User { id }).expect("a token"))
}

use axum::Router;
use axum::routing::{MethodFilter, on};
use jwt_auth::{JwtUser, auth_backend};

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(id)]
    id: u64,
}

#[auth_backend(kind = "bearer", user = User)]
struct Auth;

async fn me(_: Auth) {}

fn router() -> Router {
    Router::new().route("/me", on(MethodFilter::GET, me))
}

fn main() {}

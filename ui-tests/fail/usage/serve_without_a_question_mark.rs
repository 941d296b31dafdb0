use axum::Router;
use jwt_auth::{Backend, JwtUser, auth_backend};

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(id)]
    id: u64,
}

#[auth_backend(kind = "bearer", user = User)]
struct Auth;

fn serve(auth: Backend<Auth>, router: Router, listener: impl axum::serve::Listener) {
    let _ = axum::serve(listener, auth.protect(router));
}

fn main() {}

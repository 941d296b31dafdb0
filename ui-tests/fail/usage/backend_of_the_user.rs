use axum::Router;
use jwt_auth::{Backend, JwtUser, auth_backend};

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(id)]
    id: u64,
}

#[auth_backend(kind = "bearer", user = User)]
struct Auth;

fn serve(auth: Backend<User>, router: Router) {
    let _ = auth.protect(router);
}

fn main() {}

use axum::Router;
use jwt_auth::{JwtUser, Keys, auth_backend};

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(id)]
    id: u64,
}

#[auth_backend(kind = "bearer", user = User)]
struct Auth;

fn serve(keys: Keys, router: Router) {
    let auth = Auth.backend().keys(keys).issuer("https://api.example.com");
    let _ = auth.protect(router);
}

fn main() {}

use jwt_auth::{JwtUser, auth_backend};

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(id)]
    id: u64,
}
use axum::Router;
use jwt_auth::Keys;

#[auth_backend(kind = "bearer", user = User)]
struct Auth;

fn main() {
    let auth = Auth.backend().keys(Keys::hs256_ephemeral().unwrap()).issuer("test").build().unwrap();
    let app = auth.protect(Router::new()).unwrap();
    app.nest("/more", Router::new());
}

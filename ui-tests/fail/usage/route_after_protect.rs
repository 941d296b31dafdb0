use axum::Router;
use axum::routing::get;
use jwt_auth::{Backend, JwtUser, auth_backend};

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(id)]
    id: u64,
}

#[auth_backend(kind = "bearer", user = User)]
struct Auth;

fn serve(auth: Backend<Auth>, router: Router) {
    let app = auth.protect(router).unwrap();
    app.route("/late", get(|| async {}));
}

fn main() {}

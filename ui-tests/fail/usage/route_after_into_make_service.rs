use axum::Router;
use axum::routing::get;
use jwt_auth::{Backend, JwtUser, auth_backend};
use tower::ServiceExt;

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(id)]
    id: u64,
}

#[auth_backend(kind = "bearer", user = User)]
struct Auth;

async fn serve(auth: Backend<Auth>, router: Router) {
    let app = auth.protect(router).unwrap();
    let made = app.into_make_service().oneshot(()).await.unwrap();
    made.route("/late", get(|| async {}));
}

fn main() {}

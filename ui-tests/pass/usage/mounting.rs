//! What a protected router is for: served, layered, mounted, beside public routes.

use jwt_auth::{JwtUser, auth_backend};

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(id)]
    id: u64,
}
use axum::Router;
use axum::routing::get;
use jwt_auth::Keys;

#[auth_backend(kind = "cookie", user = User)]
struct Auth;

#[test]
fn compiles_and_runs() {
    let auth = Auth.backend().keys(Keys::hs256_ephemeral().unwrap()).issuer("test").build().unwrap();
    let app = auth.protect(Router::new().route("/me", get(|_: User| async {}))).unwrap();
    let layered = app.clone().layer(axum::middleware::from_fn(
        async |request: axum::extract::Request, next: axum::middleware::Next| next.run(request).await,
    ));
    let _: Router = Router::new().route("/public", get(|| async {})).fallback_service(layered);
    let _: Router = Router::new().nest_service("/v1", app.clone());
    let _: Router = Router::new().route("/me", get(|| async {})).layer(auth.layer());
    let _ = app.into_make_service();
}

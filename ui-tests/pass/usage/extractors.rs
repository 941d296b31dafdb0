//! Every extractor, in every combination, on a router with state.

use jwt_auth::{JwtUser, auth_backend};

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(id)]
    id: u64,
}
use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use jwt_auth::{Backend, Keys, Token};

#[auth_backend(kind = "bearer", user = User, exclude = ["/open"])]
struct Auth;

async fn all(State(n): State<u8>, user: User, token: Token, auth: Backend<Auth>) -> Json<u64> {
    let _ = (token.subject(), auth.config());
    Json(user.id + u64::from(n))
}

async fn open(user: Option<User>, token: Option<Token>) -> String {
    format!("{:?} {}", user.map(|user| user.id), token.is_some())
}

#[test]
fn compiles_and_runs() {
    let auth = Auth.backend().keys(Keys::hs256_ephemeral().unwrap()).issuer("test").build().unwrap();
    let router = Router::new().route("/all", get(all)).route("/open", get(open)).with_state(1_u8);
    let app = auth.protect(router).unwrap();
    let _ = (app.clone().into_make_service(), app);
}

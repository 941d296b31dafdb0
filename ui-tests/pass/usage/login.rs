//! Every setting of a login.

use jwt_auth::{JwtUser, auth_backend};

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(id)]
    id: u64,
}
use axum::response::{IntoResponse, Redirect};
use jwt_auth::{Backend, Login, LoginError};

#[auth_backend(kind = "oauth2", user = User, token_url = "/login", scopes(read = "What it allows"))]
struct Auth;

async fn short(auth: Backend<Auth>) -> Login<Auth> {
    auth.login(&User { id: 7 })
}

async fn long(auth: Backend<Auth>) -> impl IntoResponse {
    let login = auth
        .login(&User { id: 7 })
        .scopes(["read"])
        .expires_in(std::time::Duration::from_secs(60))
        .not_before(1)
        .extra("tenant", "a")
        .token_in_body(false);
    (login, Redirect::to("/"))
}

fn token(auth: &Backend<Auth>) -> Result<String, LoginError> {
    auth.create_token(&User { id: 7 })
}

fn main() {
    let _ = (short, long::<>, token);
}

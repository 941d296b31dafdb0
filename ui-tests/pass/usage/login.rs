//! Every setting of a login.

use jwt_auth::{JwtUser, auth_backend};

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(id)]
    id: u64,
}
use axum::response::{IntoResponse, Redirect};
use jwt_auth::{AuthSession, Backend, Login, LoginError};

#[auth_backend(kind = "oauth2", user = User, token_url = "/login", scopes(read = "What it allows"))]
struct Auth;

async fn short(session: AuthSession<Auth>) -> Result<Login, LoginError> {
    session.login(&User { id: 7 }).await
}

async fn long(session: AuthSession<Auth>) -> Result<impl IntoResponse, LoginError> {
    let login = session
        .login(&User { id: 7 })
        .scopes(["read"])
        .expires_in(std::time::Duration::from_secs(60))
        .not_before(1)
        .extra("tenant", "a")
        .token_in_body(false);
    Ok((login.await?, Redirect::to("/")))
}

fn token(auth: &Backend<Auth>) -> Result<String, LoginError> {
    auth.create_token(&User { id: 7 })
}

#[test]
fn compiles_and_runs() {
    let _ = (short, long, token);
}

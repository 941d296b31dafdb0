//! The token URL is open by itself; paths near it are patterns of their own.

use jwt_auth::{JwtUser, auth_backend};

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(id)]
    id: u64,
}

#[auth_backend(
    kind = "oauth2",
    user = User,
    token_url = "/login",
    exclude = ["/login/{*rest}", "/logins"],
)]
struct Auth;

#[auth_backend(kind = "oauth2", user = User, token_url = "/auth/token/")]
struct Slash;

#[auth_backend(kind = "oauth2", user = User, token_url = "/token")]
struct Token;

#[test]
fn compiles_and_runs() {
    let _ = (Auth.backend(), Slash.backend(), Token.backend());
}

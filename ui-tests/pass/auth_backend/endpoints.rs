//! The endpoints that the library answers.

use jwt_auth::{JwtUser, auth_backend};

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(id)]
    id: u64,
}

#[auth_backend(
    kind = "oauth2",
    user = User,
    token_url = "/token",
    revoke_url = "/revoke",
    introspect_url = "/introspect",
    resource = "/mcp",
    exclude = ["/revoke/{id}"],
)]
struct Tokens;

#[auth_backend(kind = "cookie", user = User, refresh_url = "/refresh", cookie(name = "session"))]
struct Pages;

#[auth_backend(kind = "bearer", user = User, resource = "/", exclude = ["/.well-known/{*rest}"])]
struct Whole;

#[test]
fn compiles_and_runs() {
    let _ = (Tokens.backend(), Pages.backend(), Whole.backend());
}

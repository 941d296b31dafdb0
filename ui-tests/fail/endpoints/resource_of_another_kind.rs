use jwt_auth::{JwtUser, auth_backend};

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(id)]
    id: u64,
}

#[auth_backend(
    kind = "cookie",
    user = User,
    resource = "/mcp",
)]
struct Auth;

fn main() {}

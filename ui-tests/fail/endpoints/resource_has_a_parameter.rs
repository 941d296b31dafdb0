use jwt_auth::{JwtUser, auth_backend};

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(id)]
    id: u64,
}

#[auth_backend(
    kind = "bearer",
    user = User,
    resource = "/mcp/{tenant}",
)]
struct Auth;

fn main() {}

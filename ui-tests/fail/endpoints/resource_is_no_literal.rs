use jwt_auth::{JwtUser, auth_backend};

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(id)]
    id: u64,
}

const RESOURCE: &str = "/mcp";

#[auth_backend(
    kind = "bearer",
    user = User,
    resource = RESOURCE,
)]
struct Auth;

fn main() {}

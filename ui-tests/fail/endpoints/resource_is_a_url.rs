use jwt_auth::{JwtUser, auth_backend};

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(id)]
    id: u64,
}

#[auth_backend(
    kind = "bearer",
    user = User,
    resource = "https://api.example.com/mcp",
)]
struct Auth;

fn main() {}

use jwt_auth::{JwtUser, auth_backend};

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(id)]
    id: u64,
}

#[cfg_attr(all(), auth_backend(kind = "bearer", user = User, exclude = ["health"]))]
struct Auth;

fn main() {}

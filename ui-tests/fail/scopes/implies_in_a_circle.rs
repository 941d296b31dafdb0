use jwt_auth::{JwtUser, auth_backend};

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(id)]
    id: u64,
}

#[auth_backend(
    kind = "bearer",
    user = User,
    scopes(read(admin) = "Read", write(read) = "Write", admin(write) = "Admin"),
)]
struct Auth;

fn main() {}

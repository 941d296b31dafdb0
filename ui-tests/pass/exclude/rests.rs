//! A rest is the last segment.

use jwt_auth::{JwtUser, auth_backend};

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(id)]
    id: u64,
}

#[auth_backend(
    kind = "bearer",
    user = User,
    exclude = [
        "/docs",
        "/docs/{*rest}",
        "/{a}/b/{*c}",
        "/items/{*rest}",
    ],
)]
struct A;

fn main() {
    let _ = (A.backend(),);
}

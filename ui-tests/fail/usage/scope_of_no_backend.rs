use jwt_auth::{JwtUser, auth_backend};

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(id)]
    id: u64,
}
use jwt_auth::Require;

#[auth_backend(kind = "bearer", user = User)]
struct Auth;

fn handler(_: Require<u8>) {}

fn main() {
    let _ = (handler, Auth.backend());
}

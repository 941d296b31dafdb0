use jwt_auth::{JwtUser, auth_backend};

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(id)]
    id: u64,
}
use jwt_auth::RequireAny;

#[auth_backend(kind = "bearer", user = User, scopes(read = "Read orders"))]
struct Auth;

fn handler(_: RequireAny<(auth::Read, u8)>) {}

fn main() {
    let _ = (handler, Auth.backend());
}

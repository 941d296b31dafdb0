//! Nothing is open.

use jwt_auth::{JwtUser, auth_backend};

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(id)]
    id: u64,
}

#[auth_backend(kind = "bearer", user = User, exclude = [])]
struct A;

#[test]
fn compiles_and_runs() {
    let _ = (A.backend(),);
}

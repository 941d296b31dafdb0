//! Literal segments of every character that a path has.

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
        "/",
        "/login",
        "/a/b",
        "/a.b/c_d/~e",
        "/@me",
        "/a=b,c",
        "/v1:batch",
        "/it's&!+",
    ],
)]
struct A;

#[test]
fn compiles_and_runs() {
    let _ = (A.backend(),);
}

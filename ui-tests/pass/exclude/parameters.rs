//! A parameter is one whole segment.

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
        "/items/{id}",
        "/{rest}/edit",
        "/v1/{name}/items",
        "/{a}/{b}/c",
    ],
)]
struct A;

#[auth_backend(
    kind = "bearer",
    user = User,
    exclude = [
        "/{parameter}",
    ],
)]
struct B;

#[test]
fn compiles_and_runs() {
    let _ = (A.backend(), B.backend(),);
}

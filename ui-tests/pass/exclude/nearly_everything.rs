//! Sets that leave something closed.

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
        "/{x}/{*rest}",
        "/",
    ],
)]
struct A;

#[auth_backend(
    kind = "bearer",
    user = User,
    exclude = [
        "/{x}/{y}/{*rest}",
        "/{x}",
    ],
)]
struct B;

#[auth_backend(
    kind = "bearer",
    user = User,
    exclude = [
        "GET /{x}",
        "POST /{x}/{*rest}",
    ],
)]
struct C;

#[test]
fn compiles_and_runs() {
    let _ = (A.backend(), B.backend(), C.backend(),);
}

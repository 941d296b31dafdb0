//! Every form of pattern that the messages suggest.

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
        "/health",
        "/a/b",
        "/items",
        "/docs",
        "/docs/{*rest}",
        "GET /a",
        "GET|POST /both",
        "/v1/{name}/items",
    ],
)]
struct A;

#[auth_backend(
    kind = "bearer",
    user = User,
    exclude = [
        "/{name}",
    ],
)]
struct B;

#[auth_backend(
    kind = "bearer",
    user = User,
    exclude = [
        "/{id}",
    ],
)]
struct C;

#[auth_backend(
    kind = "bearer",
    user = User,
    exclude = [
        "/x/{parameter}",
        "/{rest}/edit",
        "GET /",
        "/items/{id}",
        "OPTIONS /any",
    ],
)]
struct D;

#[test]
fn compiles_and_runs() {
    let _ = (A.backend(), B.backend(), C.backend(), D.backend(),);
}

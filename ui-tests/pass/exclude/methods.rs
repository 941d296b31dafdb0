//! Methods before the path; two patterns of one path with other methods.

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
        "GET /get",
        "GET|POST /both",
        "OPTIONS /any",
        "HEAD|PUT|PATCH|DELETE|TRACE|CONNECT /others",
        "GET /",
        "GET /a",
        "POST /a",
        "POST|PUT /b",
        "GET|PATCH /b",
    ],
)]
struct A;

#[test]
fn compiles_and_runs() {
    let _ = (A.backend(),);
}

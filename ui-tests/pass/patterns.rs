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
        "/items/{id}",
        "/docs/{*rest}",
        "/v1/{name}/items",
        "/{rest}/edit",
        "/{parameter}",
        "GET /get",
        "GET|POST /both",
        "OPTIONS /any",
    ],
)]
struct Auth;

#[auth_backend(kind = "bearer", user = User, exclude = ["/health"])]
struct One;

#[auth_backend(kind = "bearer", user = User, exclude = [])]
struct Nothing;

fn main() {
    let _ = (Auth.backend(), One.backend(), Nothing.backend(), ByMacro.backend());
}

macro_rules! declared {
    ($name:ident, $kind:literal, $user:ty, $path:literal, $scope:literal) => {
        #[auth_backend(kind = $kind, user = $user, exclude = [$path], scopes($scope = "What it allows"))]
        struct $name;
    };
}

declared!(ByMacro, "bearer", User, "/health", "orders:read");

//! A declaration that a `macro_rules!` macro writes.

use jwt_auth::{JwtUser, auth_backend};

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(id)]
    id: u64,
}

macro_rules! declared {
    ($name:ident, $kind:literal, $user:ty, $path:literal, $scope:literal) => {
        #[auth_backend(kind = $kind, user = $user, exclude = [$path], scopes($scope = "What it allows"))]
        struct $name;
    };
}

declared!(ByMacro, "bearer", User, "/health", "orders:read");

#[test]
fn compiles_and_runs() {
    let _ = ByMacro.backend();
}

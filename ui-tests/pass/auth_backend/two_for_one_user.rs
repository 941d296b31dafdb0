//! Two backends of one user, told apart by their types.

use jwt_auth::{JwtUser, auth_backend};

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(id)]
    id: u64,
}

#[auth_backend(kind = "bearer", user = User, header = "X-API-Key", scopes(read = "What it allows"))]
struct Machines;

#[auth_backend(kind = "cookie", user = User, scopes(read = "What it allows"))]
struct People;

#[test]
fn compiles_and_runs() {
    let _ = (Machines.backend(), People.backend());
    let _: Option<(machines::Read, people::Read)> = None;
}

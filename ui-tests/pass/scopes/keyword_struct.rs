//! A struct whose module would be a keyword, and one in lower case: the module gets `_scopes`.

use jwt_auth::{JwtUser, auth_backend};

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(id)]
    id: u64,
}

#[auth_backend(kind = "bearer", user = User, scopes(read = "What it allows"))]
struct Type;

#[auth_backend(kind = "bearer", user = User, scopes(read = "What it allows"))]
#[allow(non_camel_case_types)]
struct api;

#[test]
fn compiles_and_runs() {
    let _ = (Type.backend(), api.backend());
    let _: Option<(type_scopes::Read, api_scopes::Read)> = None;
}

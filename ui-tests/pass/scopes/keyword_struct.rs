//! Structs whose module would be a keyword, hide a crate or a type, or have the name of the struct: the module gets `_scopes`.

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

#[auth_backend(kind = "bearer", user = User, scopes(read = "What it allows"))]
struct Gen;

#[auth_backend(kind = "bearer", user = User, scopes(read = "What it allows"))]
struct JwtAuth;

#[auth_backend(kind = "bearer", user = User, scopes(read = "What it allows"))]
struct Str;

#[test]
fn compiles_and_runs() {
    let _ = (Type.backend(), api.backend(), Gen.backend(), JwtAuth.backend(), Str.backend());
    let _: Option<(type_scopes::Read, api_scopes::Read)> = None;
    let _: Option<(gen_scopes::Read, jwt_auth_scopes::Read, str_scopes::Read)> = None;
}

//! What the messages about keys suggest to write.

use jwt_auth::{JwtUser, auth_backend};

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(id)]
    id: u64,
}

#[auth_backend(r#kind = "bearer", user = User, scopes(read = "Read orders"))]
struct Auth;

fn find_user(_: &WithFunctions, _: &jwt_auth::Token, _: &jwt_auth::Parts) -> Option<User> {
    None
}

fn path_of_a_function(_: &WithClosure, _: &jwt_auth::Token, _: &jwt_auth::Parts) -> Option<User> {
    None
}

#[auth_backend(kind = "bearer", user = User, retrieve_user = find_user)]
struct WithFunctions;

#[auth_backend(kind = "bearer", user = User, retrieve_user = path_of_a_function)]
struct WithClosure;

#[test]
fn compiles_and_runs() {
    let _ = (Auth.backend(), WithFunctions.backend(), WithClosure.backend());
}

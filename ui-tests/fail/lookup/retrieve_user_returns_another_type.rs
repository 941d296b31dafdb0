use jwt_auth::{JwtUser, Parts, Token, auth_backend};

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(id)]
    id: u64,
    name: String,
}

#[auth_backend(
    kind = "bearer",
    user = User,
    retrieve_user = find,
)]
struct Auth;

fn find(_: &Auth, _: &Token, _: &Parts) -> Option<String> {
    None
}

fn main() {}

use jwt_auth::{JwtUser, Parts, Token, auth_backend};

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(id)]
    id: u64,
}

struct Db;

#[auth_backend(
    kind = "bearer",
    user = User,
    retrieve_user = find,
)]
struct Auth;

async fn find(_: &Db, _: &Token, _: &Parts) -> Option<User> {
    None
}

fn main() {}

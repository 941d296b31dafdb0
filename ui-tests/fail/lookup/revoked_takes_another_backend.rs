use jwt_auth::{JwtUser, Token, auth_backend};

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(id)]
    id: u64,
}

struct Db;

#[auth_backend(
    kind = "bearer",
    user = User,
    revoked = is_revoked,
)]
struct Auth;

fn is_revoked(_: &Db, _: &Token) -> bool {
    false
}

fn main() {}

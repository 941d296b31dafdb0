use jwt_auth::{JwtUser, Parts, auth_backend};

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(id)]
    id: u64,
}

struct Db;

#[auth_backend(
    kind = "oauth2",
    user = User,
    token_url = "/token",
    authenticate = check_password,
)]
struct Auth;

fn check_password(_: &Db, _: &str, _: &str, _: &Parts) -> Option<User> {
    None
}

fn main() {}

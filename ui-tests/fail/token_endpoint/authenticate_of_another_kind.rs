use jwt_auth::{Parts, JwtUser, auth_backend};

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(id)]
    id: u64,
}

#[auth_backend(
    kind = "cookie",
    user = User,
    authenticate = check_password,
)]
struct Auth;

fn check_password(_: &Auth, _: &str, _: &str, _: &Parts) -> Option<User> {
    None
}

fn main() {}

use jwt_auth::{Parts, JwtUser, auth_backend};

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(id)]
    id: u64,
}

#[auth_backend(
    kind = "oauth2",
    user = User,
    token_url = "/token",
    authenticate = check_password,
)]
struct Auth;

async fn check_password(_: &Auth, _: &str, _: &str, _: &Parts) -> bool {
    true
}

fn main() {}

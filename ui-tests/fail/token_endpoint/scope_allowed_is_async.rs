use jwt_auth::{JwtUser, Parts, auth_backend};

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(id)]
    id: u64,
}

#[auth_backend(kind = "oauth2", user = User, token_url = "/token", authenticate = check_password, scope_allowed = may_have)]
struct Auth;

fn check_password(_: &Auth, _: &str, _: &str, _: &Parts) -> Option<User> {
    None
}

async fn may_have(_: &Auth, _: &User, _: &str) -> bool {
    true
}

fn main() {}

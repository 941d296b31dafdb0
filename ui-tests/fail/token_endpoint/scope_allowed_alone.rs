use jwt_auth::{JwtUser, auth_backend};

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(id)]
    id: u64,
}

#[auth_backend(
    kind = "oauth2",
    user = User,
    token_url = "/token",
    scopes(read = "Read"),
    scope_allowed = may_have,
)]
struct Auth;

fn may_have(_: &Auth, _: &User, _: &str) -> bool {
    true
}

fn main() {}

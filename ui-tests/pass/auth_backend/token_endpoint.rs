//! The functions that the token endpoint asks, sync and async, with and without an error.

use jwt_auth::{JwtUser, Parts, auth_backend};

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
    scope_allowed = may_have,
    scopes(read = "What it allows"),
)]
struct Auth;

async fn check_password(_: &Auth, _: &str, _: &str, _: &Parts) -> Result<Option<User>, std::io::Error> {
    Ok(None)
}

fn may_have(_: &Auth, user: &User, scope: &str) -> bool {
    user.id == 7 && scope == "read"
}

#[auth_backend(kind = "oauth2", user = User, token_url = "/token", authenticate = Sync::check)]
struct Sync;

impl Sync {
    fn check(&self, _: &str, _: &str, _: &Parts) -> Option<User> {
        None
    }
}

#[auth_backend(kind = "cookie", user = User, authenticate = check_for_pages)]
struct Pages;

async fn check_for_pages(_: &Pages, _: &str, _: &str, _: &Parts) -> Option<User> {
    None
}

#[auth_backend(kind = "bearer", user = User, authenticate = ApiKeys::check)]
struct ApiKeys;

impl ApiKeys {
    fn check(&self, _: &str, _: &str, _: &Parts) -> Option<User> {
        None
    }
}

#[test]
fn compiles_and_runs() {}

//! Every form of look-up and of revocation check.

use jwt_auth::{JwtUser, Parts, Token, auth_backend};

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(id)]
    id: u64,
    name: String,
}

macro_rules! backend {
    ($name:ident, $find:ident, $revoked:ident) => {
        #[auth_backend(kind = "bearer", user = User, retrieve_user = $find, revoked = $revoked)]
        struct $name {
            known: u64,
        }
    };
}

backend!(A, sync_option, sync_bool);
backend!(B, sync_result, sync_bool_result);
backend!(C, async_option, async_bool);
backend!(D, async_result, async_bool_result);

fn known(id: u64) -> Option<User> {
    Some(User { id, name: String::new() })
}

fn sync_option(auth: &A, _: &Token, _: &Parts) -> Option<User> {
    known(auth.known)
}

fn sync_result(auth: &B, token: &Token, _: &Parts) -> Result<Option<User>, std::num::ParseIntError> {
    token.subject().parse::<u64>().map(|id| known(id + auth.known))
}

async fn async_option(auth: &C, _: &Token, _: &Parts) -> Option<User> {
    known(auth.known)
}

async fn async_result(auth: &D, _: &Token, request: &Parts) -> Result<Option<User>, Box<dyn std::error::Error + Send + Sync>> {
    let _ = request.headers.len();
    Ok(known(auth.known))
}

fn sync_bool(_: &A, token: &Token) -> bool {
    token.jwt_id().is_none()
}

fn sync_bool_result(_: &B, _: &Token) -> Result<bool, String> {
    Ok(false)
}

async fn async_bool(_: &C, _: &Token) -> bool {
    false
}

async fn async_bool_result(_: &D, _: &Token) -> Result<bool, std::io::Error> {
    Ok(false)
}

#[test]
fn compiles_and_runs() {
    let user = known(1).map(|user| user.name);
    let _ = (user, A { known: 1 }.backend(), B { known: 1 }.backend(), C { known: 1 }.backend(), D { known: 1 }.backend());
}

//! Functions that return a boxed or a hand-written future, and those that take a trait.

use std::future::{Future, Ready, ready};
use std::pin::Pin;

use jwt_auth::{JwtUser, Parts, Token, auth_backend};

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(id)]
    id: u64,
    name: String,
}

trait Database {
    fn name(&self) -> String;
}

impl Database for Boxed {
    fn name(&self) -> String {
        "boxed".into()
    }
}

#[auth_backend(kind = "bearer", user = User, retrieve_user = boxed, revoked = already)]
struct Boxed;

fn boxed<'a>(auth: &'a (impl Database + Sync), _: &'a Token, _: &'a Parts) -> Pin<Box<dyn Future<Output = Option<User>> + Send + 'a>> {
    Box::pin(async { Some(User { id: 1, name: auth.name() }) })
}

fn already(_: &Boxed, _: &Token) -> Ready<Result<bool, std::fmt::Error>> {
    ready(Ok(false))
}

#[test]
fn compiles_and_runs() {
    let _ = (Boxed.backend(), |user: User| user.name);
}

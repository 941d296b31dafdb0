use jwt_auth::{JwtUser, Parts, Token, auth_backend};

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(id)]
    id: u64,
}

#[auth_backend(
    kind = "bearer",
    user = User,
    retrieve_user = find,
)]
struct Auth;

fn find(_: &Auth, _: &Token, _: &Parts) -> Result<User, std::fmt::Error> {
    Ok(User { id: 1 })
}

fn main() {}

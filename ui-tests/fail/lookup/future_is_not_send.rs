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

async fn find(_: &Auth, _: &Token, _: &Parts) -> Option<User> {
    let local = std::rc::Rc::new(1);
    std::future::ready(()).await;
    drop(local);
    None
}

fn main() {}

use jwt_auth::{JwtUser, auth_backend};

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(id)]
    id: u64,
}

#[auth_backend(
    kind = "bearer",
    user = User,
    scopes(read = "Read"),
    exclude = ["health"],
)]
struct Auth;

fn uses(_: jwt_auth::Require<auth::Read>, session: jwt_auth::AuthSession<Auth>, user: User) -> jwt_auth::session::LoginBuilder<Auth> {
    let _ = Auth.backend();
    session.login(&user)
}

fn main() {}

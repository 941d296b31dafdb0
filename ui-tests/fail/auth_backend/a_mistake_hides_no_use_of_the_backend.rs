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

fn uses(_: jwt_auth::Require<auth::Read>, backend: jwt_auth::Backend<Auth>, user: User) -> jwt_auth::Login<Auth> {
    let _ = Auth.backend();
    backend.login(&user)
}

fn main() {}

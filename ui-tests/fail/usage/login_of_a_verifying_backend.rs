use jwt_auth::{Backend, JwtUser, VerifyOnly, auth_backend};

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(id)]
    id: u64,
}

#[auth_backend(kind = "bearer", user = User)]
struct Auth;

fn login(auth: &Backend<Auth, VerifyOnly>) {
    let _ = auth.login(&User { id: 1 });
}

fn main() {}

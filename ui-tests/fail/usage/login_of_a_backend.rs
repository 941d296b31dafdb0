use jwt_auth::{Backend, JwtUser, auth_backend};

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(id)]
    id: u64,
}

#[auth_backend(kind = "bearer", user = User)]
struct Auth;

fn login(auth: &Backend<Auth>) {
    let _ = auth.login(&User { id: 1 });
}

fn main() {}

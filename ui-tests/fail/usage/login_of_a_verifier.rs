use jwt_auth::{JwtUser, auth_backend};

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(id)]
    id: u64,
}
use jwt_auth::{AuthSession, VerifyOnly};

#[auth_backend(kind = "bearer", user = User)]
struct Auth;

fn login(session: &AuthSession<Auth, VerifyOnly>) {
    let _ = session.login(&User { id: 1 });
}

fn main() {
    let _ = (login, Auth.backend().verify_only());
}

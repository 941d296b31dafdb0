use jwt_auth::{AuthSession, JwtUser, Login, LoginError, auth_backend};

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(id)]
    id: u64,
}

#[auth_backend(kind = "bearer", user = User)]
struct Auth;

async fn sign_in(session: AuthSession<Auth>) -> Result<Login, LoginError> {
    session.login(&User { id: 1 })
}

fn main() {
    let _ = sign_in;
}

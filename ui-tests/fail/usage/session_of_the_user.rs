use jwt_auth::{AuthSession, JwtUser, Logout, LogoutError, auth_backend};

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(id)]
    id: u64,
}

#[auth_backend(kind = "bearer", user = User)]
struct Auth;

async fn sign_out(session: AuthSession<User>) -> Result<Logout, LogoutError> {
    session.logout().await
}

fn main() {
    let _ = sign_out;
}

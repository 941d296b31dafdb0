use jwt_auth::{JwtUser, auth_backend};

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(id)]
    id: u64,
}

#[auth_backend(kind = "bearer", user = User)]
struct Auth;

#[derive(Clone, JwtUser)]
struct Admin {
    #[jwt_user(id)]
    id: u64,
}

fn login(auth: &jwt_auth::Backend<Auth>) {
    let _ = auth.create_token(&Admin { id: 1 });
}

fn main() {
    let _ = (login, Auth.backend());
}

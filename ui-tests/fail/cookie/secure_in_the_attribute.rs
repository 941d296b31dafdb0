use jwt_auth::{JwtUser, auth_backend};

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(id)]
    id: u64,
}

#[auth_backend(kind = "cookie", user = User, cookie(secure = false))]
struct Auth;

fn main() {
    let _ = Auth.backend();
}

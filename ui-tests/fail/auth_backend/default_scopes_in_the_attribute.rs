use jwt_auth::{JwtUser, auth_backend};

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(id)]
    id: u64,
}

#[auth_backend(kind = "oauth2", user = User, token_url = "/login", default_scopes = ["read"])]
struct Auth;

fn main() {
    let _ = Auth.backend();
}

use jwt_auth::{JwtUser, Require, auth_backend};

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(id)]
    id: u64,
}

#[auth_backend(kind = "bearer", user = User, scopes(write = "Change orders"))]
struct Auth;

async fn order(_: Require<auth::Wirte>) {}

fn main() {}

use jwt_auth::JwtUser;

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(id = "sub")]
    id: u64,
}

fn main() {}

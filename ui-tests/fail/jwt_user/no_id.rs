use jwt_auth::JwtUser;

#[derive(Clone, JwtUser)]
struct User {
    id: u64,
}

fn main() {}

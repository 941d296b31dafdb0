use jwt_auth::JwtUser;

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(id, claim)]
    id: u64,
}

fn main() {}

use jwt_auth::JwtUser;

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(id)]
    id: Vec<u8>,
}

fn main() {}

use jwt_auth::JwtUser;

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(id)]
    id: u64,
    #[jwt_user(skip)]
    password_hash: String,
}

fn main() {}

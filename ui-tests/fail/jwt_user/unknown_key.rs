use jwt_auth::JwtUser;

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(id, clam)]
    id: u64,
}

fn main() {}

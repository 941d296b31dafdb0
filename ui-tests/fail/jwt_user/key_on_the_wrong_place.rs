use jwt_auth::JwtUser;

#[derive(Clone, JwtUser)]
#[jwt_user(id)]
struct User {
    #[jwt_user(id)]
    id: u64,
}

fn main() {}

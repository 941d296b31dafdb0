use jwt_auth::JwtUser;

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(id)]
    id: u64,
    #[jwt_user(id)]
    other: u64,
    #[jwt_user(claim = "exp")]
    ends: u64,
    #[jwt_user(clam)]
    name: String,
}

fn main() {}

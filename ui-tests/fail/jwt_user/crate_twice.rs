use jwt_auth::JwtUser;

#[derive(Clone, JwtUser)]
#[jwt_user(crate = ::jwt_auth, crate = ::jwt_auth)]
struct User {
    #[jwt_user(id)]
    id: u64,
}

fn main() {}

use jwt_auth::JwtUser;

#[derive(Clone, JwtUser)]
struct User {
    #[cfg_attr(any(), jwt_user(id))]
    id: u64,
}

fn main() {}

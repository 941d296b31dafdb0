use jwt_auth::JwtUser;

#[derive(Clone, Copy, JwtUser)]
union User {
    id: u64,
}

fn main() {}

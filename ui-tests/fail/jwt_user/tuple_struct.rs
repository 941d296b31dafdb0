use jwt_auth::JwtUser;

#[derive(Clone, JwtUser)]
struct User(u64);

fn main() {}

use jwt_auth::JwtUser;

#[derive(Clone, JwtUser)]
struct User;

fn main() {}

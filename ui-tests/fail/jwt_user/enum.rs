use jwt_auth::JwtUser;

#[derive(Clone, JwtUser)]
enum User {
    Admin,
}

fn main() {}

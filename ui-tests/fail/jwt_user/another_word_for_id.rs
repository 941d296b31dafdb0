use jwt_auth::JwtUser;

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(sub)]
    id: u64,
}

fn main() {}

use jwt_auth::JwtUser;

#[derive(Clone, JwtUser)]
struct User<'a> {
    #[jwt_user(id)]
    id: u64,
    name: &'a str,
}

fn main() {}

#[derive(Clone)]
struct User {
    #[jwt_user(id)]
    id: u64,
}

fn main() {}

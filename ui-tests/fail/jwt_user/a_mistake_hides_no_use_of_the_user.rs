use jwt_auth::JwtUser;

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(id)]
    id: u64,
    #[jwt_user(claims)]
    name: String,
}

fn uses(user: &User) {
    let _ = user.id();
}

fn is_extractor<T: axum::extract::FromRequestParts<()>>() {}

fn also() {
    is_extractor::<User>();
}

fn main() {}

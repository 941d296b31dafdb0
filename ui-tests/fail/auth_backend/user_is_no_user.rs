use jwt_auth::auth_backend;

#[derive(Clone)]
struct Stranger;

#[auth_backend(
    kind = "bearer",
    user = Stranger,
)]
struct Auth;

fn main() {}

//! Both macros, and the helper attribute, under `cfg_attr`.

#[cfg_attr(all(), derive(Clone, jwt_auth::JwtUser))]
struct User {
    #[cfg_attr(all(), jwt_user(id))]
    id: u64,
    #[cfg_attr(all(), jwt_user(claim))]
    name: String,
}

#[cfg_attr(all(), jwt_auth::auth_backend(kind = "bearer", user = User, exclude = ["/health"]))]
#[cfg_attr(any(), jwt_auth::auth_backend(kind = "cookie", user = User))]
struct Auth;

#[test]
fn compiles_and_runs() {
    let user = User { id: 1, name: String::new() };
    let _ = (Auth.backend(), user.id, user.name);
}

//! Both macros inside a function.

#[test]
fn compiles_and_runs() {
    use jwt_auth::{JwtUser, auth_backend};

    #[derive(Clone, JwtUser)]
    struct User {
        #[jwt_user(id)]
        id: u64,
    }

    #[auth_backend(kind = "cookie", user = User)]
    struct Auth;

    let _ = (Auth.backend(), User { id: 1 }.id());
}

//! Types and functions by path, with generics.

use jwt_auth::auth_backend;

pub(crate) mod model {
    #[derive(Clone, jwt_auth::JwtUser)]
    pub struct User<T: Send + Sync + Clone + 'static> {
        #[jwt_user(id)]
        pub id: u64,
        pub more: T,
    }

    pub fn find<A>(_: &A, _: &jwt_auth::Token, _: &jwt_auth::Parts) -> Option<User<String>> {
        None
    }

    pub fn no<T>(_: &T, _: &jwt_auth::Token) -> bool {
        false
    }
}

#[auth_backend(kind = "bearer", user = model::User<String>, retrieve_user = self::model::find::<Auth>, revoked = crate::model::no)]
struct Auth;

#[test]
fn compiles_and_runs() {
    let user = model::User { id: 1, more: String::new() };
    let _ = (Auth.backend(), user.id, user.more);
}

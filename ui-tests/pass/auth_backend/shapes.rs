//! A unit struct, a tuple struct, named fields, generics, const generics, where clauses, visibility.

use jwt_auth::{JwtUser, auth_backend};

#[derive(Clone, JwtUser)]
pub struct User {
    #[jwt_user(id)]
    id: u64,
}

pub mod inner {
    #[jwt_auth::auth_backend(kind = "bearer", user = super::User)]
    pub(crate) struct Unit;

    #[jwt_auth::auth_backend(kind = "bearer", user = super::User)]
    pub struct Tuple(pub u8, pub String);
}

#[auth_backend(kind = "bearer", user = User)]
struct Named {
    #[allow(dead_code)]
    pool: std::sync::Arc<std::sync::Mutex<u8>>,
}

#[auth_backend(kind = "bearer", user = User)]
struct Generic<T: Clone, const N: usize>
where
    T: std::fmt::Debug,
{
    #[allow(dead_code)]
    all: [T; N],
}

#[test]
fn compiles_and_runs() {
    let _ = (inner::Unit.backend(), inner::Tuple(0, String::new()).backend());
    let _ = (Named { pool: Default::default() }.backend(), Generic { all: [1, 2] }.backend());
}

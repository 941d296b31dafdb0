//! Every kind, with every key.

use jwt_auth::{JwtUser, Parts, Token, auth_backend};

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(id)]
    id: u64,
}

#[auth_backend(kind = "bearer", user = User)]
struct Bearer;

#[auth_backend(kind = "bearer", user = User, header = "X-API-Key", scheme_name = "Auth", description = "Sign in at /login")]
struct ApiKey;

#[auth_backend(kind = "cookie", user = User, cookie(name = "token", path = "/app", same_site = "lax"))]
struct Plain;

#[auth_backend(kind = "cookie", user = User, cookie(name = "__Secure-token", path = "/app", same_site = "none"))]
struct Embedded;

#[auth_backend(kind = "cookie", user = User, cookie(name = "token"))]
struct Named;

#[auth_backend(kind = "cookie", user = User, header = "Authorization", cookie(same_site = "strict"))]
struct Both;

#[auth_backend(kind = "oauth2", user = User, token_url = "/login", crate = ::jwt_auth)]
struct OAuth2;

#[auth_backend(kind = "oauth2", user = User, token_url = "/login", cookie = false)]
struct HeaderOnly;

#[cfg_attr(all(), auth_backend(kind = "bearer", user = User))]
struct Conditional {
    #[allow(dead_code)]
    field: u8,
}

#[auth_backend(kind = "bearer", user = User, retrieve_user = Tuple::<T>::find, revoked = Tuple::<T>::revoked)]
struct Tuple<T: Clone>(T)
where
    T: std::fmt::Debug;

impl<T: Clone + std::fmt::Debug> Tuple<T> {
    async fn find(&self, _: &Token, _: &Parts) -> Result<Option<User>, String> {
        Err(format!("{:?}", self.0))
    }

    fn revoked(&self, _: &Token) -> bool {
        false
    }
}

#[test]
fn compiles_and_runs() {
    let _ = (Named.backend(), Bearer.backend(), ApiKey.backend(), Plain.backend(), Embedded.backend(), Both.backend(), OAuth2.backend(), HeaderOnly.backend());
    let _ = (Conditional { field: 0 }.backend(), Tuple(0_u8).backend());
}

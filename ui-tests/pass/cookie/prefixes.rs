//! Names with and without a prefix, and the attributes that agree with them.

use jwt_auth::{JwtUser, auth_backend};

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(id)]
    id: u64,
}

#[auth_backend(kind = "cookie", user = User, cookie(name = "__Host-session", path = "/"))]
struct Host;

#[auth_backend(kind = "cookie", user = User, cookie(name = "__Secure-token", path = "/app"))]
struct Secure;

#[auth_backend(kind = "cookie", user = User, cookie(name = "token", same_site = "strict"))]
struct Plain;

#[auth_backend(kind = "oauth2", user = User, token_url = "/login", cookie(same_site = "none"))]
struct Embedded;

#[test]
fn compiles_and_runs() {
    let _ = (Host.backend(), Secure.backend(), Plain.backend(), Embedded.backend());
}

//! Scopes as types.

use jwt_auth::{JwtUser, Require, auth_backend, guard::Scope};

#[derive(Clone, JwtUser)]
pub struct User {
    #[jwt_user(id)]
    id: u64,
}

mod inner {
    use super::User;

    #[jwt_auth::auth_backend(kind = "bearer", user = User, scopes(read = "Read orders", "orders:write" = "Change orders", r#type = "Types"))]
    pub struct ApiAuth;
}

#[auth_backend(kind = "bearer", user = User, scopes("orders:read" = "What it allows", read = "What it allows"))]
struct Auth;

async fn handler(_: Require<inner::api_auth::OrdersWrite>, _: Require<auth::OrdersRead>, _: User) {}

#[test]
fn compiles_and_runs() {
    let _ = (handler, inner::ApiAuth.backend(), Auth.backend());
    assert_eq!(inner::api_auth::OrdersWrite::NAME, "orders:write");
    assert_eq!(inner::api_auth::Type::NAME, "type");
    assert_eq!(inner::api_auth::Read::NAME, "read");
}

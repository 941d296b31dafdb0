//! Scopes that imply others, and sets of scopes as arguments of handlers and of routers.

use jwt_auth::openapi::RequireScopes;
use jwt_auth::{JwtUser, Keys, Require, RequireAny, auth_backend, routes};
use utoipa_axum::router::OpenApiRouter;

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(id)]
    id: u64,
}

#[auth_backend(
    kind = "bearer",
    user = User,
    scopes(
        "orders:admin"(write, "mail:send",) = "Everything of orders",
        write(r#type) = "Change orders",
        r#type = "Read their type",
        "mail:send" = "Send mail",
    ),
)]
struct Auth;

#[auth_backend(kind = "bearer", user = User, scopes(read = "What it allows", write(read) = "What it allows"))]
struct Suggested;

type Either = RequireAny<(auth::Type, auth::MailSend)>;

#[utoipa::path(get, path = "/orders")]
async fn orders(either: Either, user: User) -> String {
    format!("{} {}", either.subject(), user.id)
}

#[utoipa::path(post, path = "/orders")]
async fn order(both: Require<(auth::Write, auth::MailSend)>) -> String {
    both.into_token().subject().to_owned()
}

#[utoipa::path(delete, path = "/orders")]
async fn cancel(_: RequireAny<auth::Write>) {}

#[test]
fn compiles_and_runs() {
    let _ = Suggested.backend();
    let auth = Auth.backend().keys(Keys::hs256_ephemeral().unwrap()).issuer("test").build().unwrap();
    let router = OpenApiRouter::new().routes(routes!(orders, order, cancel));
    let map = auth.protect(router.clone()).unwrap().0.access_map().to_string();
    for row in ["type or orders:admin or write or mail:send", "write mail:send or orders:admin", "write or orders:admin"] {
        assert!(map.contains(&format!("scopes: {row}\n")), "{map}");
    }
    let router = router.require_any::<(auth::Write, auth::MailSend)>().require::<auth::OrdersAdmin>();
    let map = auth.protect(router).unwrap().0.access_map().to_string();
    assert_eq!(map.matches("scopes: orders:admin\n").count(), 3, "{map}");
}

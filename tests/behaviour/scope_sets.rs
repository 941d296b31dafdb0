//! Sets of scopes: all of them, one of them, implied ones, and those of another backend.

use axum::Router;
use axum::routing::{any, get, post};
use jwt_auth::{
    AuthBackend, Backend, JwtUser, ProtectError, Protected, RejectionReason, Require, RequireAny, Token, auth_backend,
    routes,
};
use jwt_auth_tests::{Answer, call, call_with};
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;

use crate::fixture::{User, alice, bearer, ready, request};

#[auth_backend(
    kind = "bearer",
    user = User,
    scopes(read = "Read", write(read) = "Write", "orders:admin"(write) = "Everything of orders", mail = "Send mail"),
)]
struct Auth;

#[auth_backend(kind = "bearer", user = User, scopes(read = "Read", write = "Write"))]
struct AdminAuth;

fn token<A: AuthBackend<User = User>>(auth: &Backend<A>, scopes: &str) -> String {
    auth.new_token(&alice()).scopes(scopes.split_whitespace()).sign().unwrap()
}

/// The answer to a request of alice with a token that has these scopes.
async fn answer(app: &Protected, method: &str, path: &str, scopes: &str) -> Answer {
    let token = bearer(&token(&ready(Auth.backend()), scopes));
    call(app, request(method, path, &[("authorization", &token)])).await
}

/// The status, and which scopes the challenge names.
async fn refusal(app: &Protected, method: &str, path: &str, scopes: &str) -> (u16, Option<String>) {
    let answer = answer(app, method, path, scopes).await;
    let challenge = answer.header("www-authenticate");
    let named = challenge.and_then(|text| Some(text.split_once("scope=\"")?.1.trim_end_matches('"').to_owned()));
    (answer.status, named)
}

fn lacking(scopes: &str) -> (u16, Option<String>) {
    (403, Some(scopes.to_owned()))
}

const PASSED: (u16, Option<String>) = (200, None);

fn protected(router: OpenApiRouter) -> (Protected, Value) {
    let (app, document) = ready(Auth.backend()).protect(router).unwrap();
    (app, serde_json::to_value(document).unwrap())
}

async fn write_of_admin(_: Require<admin_auth::Write>) {}

// ONE-02: a scope belongs to its backend, even if another backend has a scope with the same name.
#[tokio::test]
async fn a_scope_of_another_backend_is_a_500() {
    let auth = ready(Auth.backend());
    let app = auth.protect(Router::new().route("/me", get(write_of_admin))).unwrap();
    let (status, reason) = call_with(&app, &token(&auth, "write")).await;
    assert_eq!(status, 500);
    assert!(matches!(reason, Some(RejectionReason::NotGuarded(extractor)) if extractor.contains("admin_auth::Write")));
    let admin = ready(AdminAuth.backend());
    let app = admin.protect(Router::new().route("/me", get(write_of_admin))).unwrap();
    assert_eq!(call_with(&app, &token(&admin, "write")).await, (200, None));
    assert_eq!(call_with(&app, &token(&admin, "read")).await.0, 403);
}

// ONE-02: one scope of another backend in the set is enough for a refusal.
#[tokio::test]
async fn a_set_cannot_mix_the_scopes_of_two_backends() {
    let auth = ready(Auth.backend());
    let mixed = get(|_: RequireAny<(auth::Read, admin_auth::Write)>| async {});
    let app = auth.protect(Router::new().route("/me", mixed)).unwrap();
    assert_eq!(call_with(&app, &token(&auth, "read write")).await.0, 500);
}

#[auth_backend(kind = "bearer", user = User, scopes(write = "Write"))]
struct Generic<T>(T);

// ONE-02
#[tokio::test]
async fn the_scopes_of_a_generic_backend_are_its_own() {
    let auth = ready(Generic(7_u8).backend());
    let app = auth.protect(Router::new().route("/me", get(|_: Require<generic::Write>| async {}))).unwrap();
    assert_eq!(call_with(&app, &token(&auth, "write")).await, (200, None));
    assert_eq!(call_with(&app, &token(&auth, "")).await.0, 403);
}

// ONE-02
#[tokio::test]
async fn the_scopes_of_a_backend_in_a_function_are_its_own() {
    #[auth_backend(kind = "bearer", user = User, scopes(write = "Write"))]
    struct Local;
    let local = ready(Local.backend());
    let router = || Router::new().route("/me", get(|_: Require<local::Write>| async {}));
    let app = local.protect(router()).unwrap();
    assert_eq!(call_with(&app, &token(&local, "write")).await, (200, None));
    let auth = ready(Auth.backend());
    assert_eq!(call_with(&auth.protect(router()).unwrap(), &token(&auth, "write")).await.0, 500);
}

#[utoipa::path(post, path = "/orders")]
async fn order_by_mail(_: Require<(auth::Write, auth::Mail)>, user: User) -> String {
    user.name
}

#[utoipa::path(get, path = "/orders")]
async fn orders(required: RequireAny<(auth::Read, auth::Mail)>, token: Token) -> String {
    format!("{} {}", required.subject(), token.has_scope("read"))
}

fn documented() -> OpenApiRouter {
    OpenApiRouter::new().routes(routes!(orders, order_by_mail))
}

// BRR-07: on a plain router the extractor decides, on a documented one the guard. Both give the same answer.
#[tokio::test]
async fn every_scope_of_a_tuple_is_needed() {
    let plain = ready(Auth.backend()).protect(Router::new().route("/orders", post(order_by_mail))).unwrap();
    for app in [plain, protected(documented()).0] {
        assert_eq!(refusal(&app, "POST", "/orders", "").await, lacking("write mail"));
        assert_eq!(refusal(&app, "POST", "/orders", "mail").await, lacking("write mail"));
        assert_eq!(refusal(&app, "POST", "/orders", "read write").await, lacking("write mail"));
        assert_eq!(answer(&app, "POST", "/orders", "mail write").await.body, "alice");
    }
}

// BRR-07
#[tokio::test]
async fn one_scope_of_a_tuple_is_enough() {
    let plain = ready(Auth.backend()).protect(Router::new().route("/orders", get(orders))).unwrap();
    for app in [plain, protected(documented()).0] {
        assert_eq!(refusal(&app, "GET", "/orders", "").await, lacking("read"));
        assert_eq!(answer(&app, "GET", "/orders", "mail").await.body, "7 false");
        assert_eq!(answer(&app, "GET", "/orders", "read").await.body, "7 true");
    }
}

// BRR-07: `write` implies `read`, and `orders:admin` implies both. The scopes that the token lists are unchanged.
#[tokio::test]
async fn a_scope_grants_what_it_implies() {
    let plain = ready(Auth.backend())
        .protect(Router::new().route("/orders", get(orders).post(order_by_mail)).route("/own", get(own_alternatives)));
    for app in [plain.unwrap(), protected(documented().routes(routes!(own_alternatives))).0] {
        assert_eq!(answer(&app, "GET", "/orders", "write").await.body, "7 false");
        assert_eq!(answer(&app, "GET", "/orders", "orders:admin").await.body, "7 false");
        assert_eq!(refusal(&app, "POST", "/orders", "orders:admin mail").await, PASSED);
        assert_eq!(
            refusal(&app, "POST", "/orders", "read mail").await,
            lacking("write mail"),
            "and not the other way round"
        );
        assert_eq!(refusal(&app, "GET", "/own", "orders:admin").await, PASSED);
    }
}

#[test]
fn the_document_and_the_access_map_spell_the_alternatives_out() {
    let (app, document) = protected(documented().routes(routes!(own_alternatives)));
    let security = |path: &str, method: &str| document["paths"][path][method]["security"].clone();
    let of = |scopes: &[&[&str]]| scopes.iter().map(|set| json!({ "Auth": set })).collect::<Value>();
    assert_eq!(security("/orders", "get"), of(&[&["read"], &["write"], &["orders:admin"], &["mail"]]));
    assert_eq!(security("/orders", "post"), of(&[&["write", "mail"], &["orders:admin", "mail"]]));
    assert!(document["paths"]["/orders"]["post"].get("x-jwt-auth-arguments").is_none());
    let map = app.access_map().to_string();
    expect_test::expect![[r#"
        METHOD  PATH         ACCESS
        GET     /orders      scopes: read or write or orders:admin or mail
        POST    /orders      scopes: write mail or orders:admin mail
        GET     /own         scopes: write or orders:admin or mail
        any     (any other)  user
    "#]]
    .assert_eq(&map);
}

#[utoipa::path(get, path = "/own", security(("Auth" = ["write"]), ("Auth" = ["mail"]), ("Auth" = ["mail", "read"])))]
async fn own_alternatives() {}

// BRR-07
#[tokio::test]
async fn the_entries_of_an_operations_own_security_are_alternatives() {
    let (app, document) = protected(OpenApiRouter::new().routes(utoipa_axum::routes!(own_alternatives)));
    let expected = json!([{ "Auth": ["write"] }, { "Auth": ["orders:admin"] }, { "Auth": ["mail"] }]);
    assert_eq!(document["paths"]["/own"]["get"]["security"], expected, "the third asks more than the second");
    assert_eq!(refusal(&app, "GET", "/own", "mail").await, PASSED);
    assert_eq!(refusal(&app, "GET", "/own", "write").await, PASSED);
    assert_eq!(refusal(&app, "GET", "/own", "read").await, lacking("write"));
}

#[auth_backend(kind = "cookie", user = User, header = "Authorization", scopes(read = "Read", write = "Write"))]
struct Cookie;

#[utoipa::path(get, path = "/x", security(("Cookie" = ["write"]), ("CookieHeader" = [])))]
async fn stricter_by_cookie() {}

// BRR-07: the guard does not distinguish the schemes, so a scope that one of them requires is required for both.
#[test]
fn a_scope_that_one_scheme_demands_is_demanded() {
    let router = OpenApiRouter::new().routes(routes!(stricter_by_cookie));
    let (app, _) = ready(Cookie.backend()).protect(router).unwrap();
    assert!(app.access_map().to_string().contains("scopes: write\n"), "{}", app.access_map());
}

#[utoipa::path(get, path = "/any", security(("Auth" = ["write"])))]
async fn documented_get() {}

#[utoipa::path(put, path = "/any", security(("Auth" = ["mail"])))]
async fn documented_put() {}

// ONE-08: a method that the document does not describe needs the scopes of all methods that it describes.
#[tokio::test]
async fn an_undocumented_method_needs_the_scopes_of_the_documented_ones() {
    let router = OpenApiRouter::new()
        .routes(utoipa_axum::routes!(documented_get, documented_put))
        .route("/any", axum::routing::on(axum::routing::MethodFilter::DELETE, || async {}))
        .route("/free", any(|| async {}));
    let (app, _) = protected(router);
    for (scopes, expected) in [("", lacking("write mail")), ("mail", lacking("write")), ("write mail", PASSED)] {
        assert_eq!(refusal(&app, "DELETE", "/any", scopes).await, expected);
    }
    assert_eq!(refusal(&app, "GET", "/any", "write").await, PASSED);
    assert_eq!(refusal(&app, "HEAD", "/any", "write").await, PASSED, "HEAD follows GET");
    assert_eq!(refusal(&app, "PUT", "/any", "mail").await, PASSED);
    assert_eq!(refusal(&app, "POST", "/free", "").await, PASSED, "a route that is not documented at all");
}

#[derive(utoipa::OpenApi)]
#[openapi(paths(documented_get))]
struct OnlyGet;

// ONE-08
#[tokio::test]
async fn a_handler_of_any_method_needs_the_documented_scope() {
    use utoipa::OpenApi;
    let router = OpenApiRouter::with_openapi(OnlyGet::openapi()).route("/any", any(|| async {}));
    let (app, _) = protected(router);
    for method in ["GET", "HEAD", "POST", "PATCH", "OPTIONS"] {
        assert_eq!(refusal(&app, method, "/any", "read").await.0, 403, "{method}");
        assert_eq!(refusal(&app, method, "/any", "orders:admin").await, PASSED, "{method}");
    }
}

#[utoipa::path(get, path = "/x")]
async fn foreign(_: RequireAny<(auth::Read, admin_auth::Write)>) {}

// ONE-02
#[test]
fn a_noted_scope_of_another_backend_is_an_error_of_protect() {
    let error = ready(Auth.backend()).protect(OpenApiRouter::new().routes(routes!(foreign))).map(drop).unwrap_err();
    assert_eq!(error, ProtectError::ForeignScope { operation: "GET /x".into(), scope: "write".into() });
    assert!(error.to_string().contains("protect the router with the other backend"), "{error}");
}

#[derive(Clone, JwtUser)]
struct Minimal {
    #[jwt_user(id)]
    id: u64,
}

#[auth_backend(kind = "bearer", user = Minimal, scopes(a = "A", b = "B", c = "C", d = "D", e = "E", f = "F", g = "G", h = "H"))]
struct Eight;

type All = (eight::A, eight::B, eight::C, eight::D, eight::E, eight::F, eight::G, eight::H);

type Alias = Require<All>;

#[utoipa::path(get, path = "/all")]
#[allow(clippy::too_many_arguments)]
async fn all(
    _: http::Method,
    _: http::Uri,
    _: http::HeaderMap,
    _: http::Version,
    _: Option<Token>,
    _: http::Method,
    _: http::Method,
    _: http::Method,
    _: http::Method,
    _: http::Method,
    _: http::Method,
    _: http::Method,
    _: http::Method,
    _: http::Method,
    _: RequireAny<(eight::A, eight::H)>,
    _: Alias,
) {
}

#[test]
fn a_handler_may_have_sixteen_arguments_and_a_set_eight_scopes() {
    let router = OpenApiRouter::new().routes(routes!(all));
    let (app, _) = ready(Eight.backend()).protect(router).unwrap();
    assert!(app.access_map().to_string().contains("scopes: a b c d e f g h\n"), "{}", app.access_map());
    assert_eq!(Minimal { id: 7 }.id, 7);
}

// ONE-02, CLM-09: for a token that did not come in a request.
#[tokio::test]
async fn a_backend_can_check_whether_a_verified_token_has_a_scope() {
    let auth = ready(Auth.backend());
    let verified = async |scopes: &[&str]| {
        let token = auth.new_token(&alice()).scopes(scopes).sign().unwrap();
        auth.verify(&token).await.unwrap().token
    };
    let (write, mail) = (verified(&["write"]).await, verified(&["mail"]).await);
    assert!(auth.grants::<auth::Read>(&write) && auth.grants::<(auth::Read, auth::Write)>(&write));
    assert!(!auth.grants::<auth::Read>(&mail) && !auth.grants::<(auth::Write, auth::Mail)>(&write));
    assert!(!auth.grants::<admin_auth::Write>(&write), "a scope of another backend");
}

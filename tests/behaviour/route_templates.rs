//! Unusual route templates: the document, the patterns and axum agree on what each of them matches.

use axum::Router;
use axum::routing::get;
use jwt_auth::{auth_backend, routes};
use jwt_auth_tests::call;
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;

use crate::fixture::{User, alice, bearer, ready, request};

#[auth_backend(kind = "bearer", user = User, scopes(write = "Write"), exclude = ["/{one}", "/files/{*rest}"])]
struct Auth;

#[auth_backend(kind = "bearer", user = User, exclude = ["/"])]
struct OpenRoot;

#[utoipa::path(get, path = "", security(("Auth" = ["write"])))]
async fn root() {}

#[utoipa::path(get, path = "")]
async fn open_root() {}

// BRR-07: utoipa-axum registers the path `""` as `/`.
#[tokio::test]
async fn a_scope_of_a_root_without_a_path_is_enforced() {
    let auth = ready(Auth.backend());
    let router = OpenApiRouter::new()
        .routes(utoipa_axum::routes!(root))
        .route("/{one}", get(|| async {}))
        .route("/files/{*rest}", get(|| async {}));
    let (app, document) = auth.protect(router).unwrap();
    let get = async |scopes: &[&str]| {
        let token = bearer(&auth.new_token(&alice()).scopes(scopes).sign().unwrap());
        call(&app, request("GET", "/", &[("authorization", &token)])).await.status
    };
    assert_eq!((get(&[]).await, get(&["write"]).await), (403, 200));
    let json = serde_json::to_value(document).unwrap();
    assert_eq!(json["paths"]["/"]["get"]["security"], json!([{ "Auth": ["write"] }]));
}

// EXC-01
#[tokio::test]
async fn an_open_root_without_a_path_is_open_in_the_document_too() {
    let auth = ready(OpenRoot.backend());
    let (app, document) = auth.protect(OpenApiRouter::new().routes(routes!(open_root))).unwrap();
    assert_eq!(call(&app, request("GET", "/", &[])).await.status, 200);
    assert_eq!(serde_json::to_value(document).unwrap()["paths"]["/"]["get"]["security"], json!([]));
}

// EXC-03: `/{one}` covers one segment, but a wildcard after literal text can match several.
#[tokio::test]
async fn a_wildcard_behind_a_text_is_more_than_one_segment() {
    let router = Router::new().route("/a{*rest}", get(|| async {}));
    let app = ready(Auth.backend()).protect(router).unwrap();
    assert_eq!(call(&app, request("GET", "/ab/c/d", &[])).await.status, 401);
}

#[auth_backend(kind = "bearer", user = User, scheme_name = "Auth", scopes(write = "Write"))]
struct Closed;

#[utoipa::path(get, path = "/", security(("Auth" = ["write"])))]
async fn slash() {}

#[utoipa::path(get, path = "/a/{b}/", security(("Auth" = ["write"])))]
async fn trailing() {}

#[utoipa::path(get, path = "/f.{ext}", security(("Auth" = ["write"])))]
async fn beside() {}

#[utoipa::path(get, path = "/w/{*rest}", security(("Auth" = ["write"])))]
async fn wildcard() {}

// BRR-07: a scope is enforced however its route was added to the router.
#[tokio::test]
async fn a_scope_of_the_document_is_never_lost_on_the_way() {
    let all = || {
        OpenApiRouter::new()
            .routes(utoipa_axum::routes!(trailing))
            .routes(utoipa_axum::routes!(beside))
            .routes(utoipa_axum::routes!(wildcard))
    };
    let with_slash = || all().routes(utoipa_axum::routes!(slash));
    let with_root = || all().routes(utoipa_axum::routes!(root));
    let routers = [
        ("", with_slash()),
        ("", with_root()),
        ("", OpenApiRouter::new().merge(with_root())),
        ("/n", OpenApiRouter::new().nest("/n", with_slash())),
        ("/n", OpenApiRouter::new().nest("/n", with_root())),
        ("/n/7", OpenApiRouter::new().nest("/n/{id}", with_root())),
        ("/n/m", OpenApiRouter::new().nest("/n", OpenApiRouter::new().nest("/m", with_root()))),
        ("/n/", OpenApiRouter::new().nest("/n/", with_root())),
        ("/n/", OpenApiRouter::new().nest("/n/", with_slash())),
    ];
    let auth = ready(Closed.backend());
    let token = |scopes: &[&str]| bearer(&auth.new_token(&alice()).scopes(scopes).sign().unwrap());
    let mut reached = 0;
    for (prefix, router) in routers {
        let (app, _) = auth.protect(router).unwrap();
        for path in ["", "/", "/a/x/", "/f.css", "/w/x/y"] {
            let target = format!("{prefix}{path}").replace("//", "/");
            let target = if target.is_empty() { "/" } else { &target };
            let get =
                async |token: String| call(&app, request("GET", target, &[("authorization", &token)])).await.status;
            let with = get(token(&["write"])).await;
            let without = get(token(&[])).await;
            assert_ne!(without, 200, "{prefix:?} {target}");
            reached += usize::from(with == 200);
            assert!(with != 200 || without == 403, "{prefix:?} {target}: {with} and {without}");
        }
    }
    assert!(reached >= 9 * 4, "{reached} routes were reached with the scope");
}

//! Which routes are open.

use axum::Router;
use axum::routing::get;
use jwt_auth::auth_backend;
use jwt_auth_tests::{call, request as raw, serve};

use crate::fixture::{Bearer, User, app, ready, request};

#[auth_backend(kind = "bearer", user = User, exclude = ["/login", "/schema"])]
struct Seed;

#[auth_backend(kind = "bearer", user = User, exclude = ["/users/{id}", "/docs/{*rest}", "/api/health"])]
struct Shapes;

async fn status(auth: &impl Fn() -> jwt_auth::Protected, method: &str, path: &str) -> u16 {
    call(&auth(), request(method, path, &[])).await.status
}

// EXC-03
#[tokio::test]
async fn a_pattern_matches_whole_paths_only() {
    let app = || {
        let ok = || get(|| async {});
        let router = Router::new()
            .route("/login", ok())
            .route("/users/login-bob", ok())
            .route("/docs/secret/schema", ok())
            .route("/login/admin", ok());
        ready(Seed.backend()).protect(router).unwrap()
    };
    assert_eq!(status(&app, "GET", "/login").await, 200);
    for path in ["/users/login-bob", "/docs/secret/schema", "/login/admin", "/login/", "/LOGIN", "/schema2"] {
        assert_eq!(status(&app, "GET", path).await, 401, "{path}");
    }
}

// EXC-03
#[tokio::test]
async fn parameters_and_rests_cover_what_they_say() {
    let app = || {
        let ok = || get(|| async {});
        let router = Router::new()
            .route("/users/{name}", ok())
            .route("/users/{name}/keys", ok())
            .route("/docs", ok())
            .route("/docs/", ok())
            .route("/docs/{*path}", ok())
            .nest("/api", Router::new().route("/health", ok()).route("/private", ok()));
        ready(Shapes.backend()).protect(router).unwrap()
    };
    for path in ["/users/bob", "/docs/", "/docs/a/b", "/api/health"] {
        assert_eq!(status(&app, "GET", path).await, 200, "{path}");
    }
    for path in ["/users/bob/keys", "/docs", "/api/private", "/users", "/health"] {
        assert_eq!(status(&app, "GET", path).await, 401, "{path}");
    }
}

// EXC-04
#[tokio::test]
async fn a_method_prefix_opens_that_method_and_head_with_get() {
    let app = || app(&ready(Bearer.backend())).0;
    assert_eq!(status(&app, "GET", "/half").await, 200);
    assert_eq!(status(&app, "HEAD", "/half").await, 200);
    assert_eq!(status(&app, "POST", "/half").await, 401);
    assert_eq!(status(&app, "OPTIONS", "/half").await, 401);
}

// EXC-01
#[tokio::test]
async fn the_query_and_the_host_decide_nothing() {
    let app = || app(&ready(Bearer.backend())).0;
    assert_eq!(status(&app, "GET", "/me?/open").await, 401);
    assert_eq!(call(&app(), request("GET", "/me", &[("host", "/open")])).await.status, 401);
    assert_eq!(call(&app(), request("GET", "http://test/open", &[])).await.status, 200);
}

// EXC-01, EXC-02
#[tokio::test]
async fn below_a_service_only_a_clean_raw_path_is_open() {
    let (app, hits) = app(&ready(Bearer.backend()));
    let address = serve(app).await;
    // F5
    for path in ["/assets/a", "/assets/%61", "/assets/a%20b.txt", "/assets/%C3%BC/%e6%97%a5", "/assets/a%2eb"] {
        assert_eq!(raw(address, "GET", path, &[], "").await.status, 200, "{path}");
    }
    assert_eq!(hits.count(), 5);
    for path in
        ["/assets/%2e%2e", "/assets/.%2E/me", "/assets/a%2fb", "/assets/a%5cb", "/assets/%00", "/assets/%252e%252e/me"]
            .into_iter()
            .chain([
                "/assets/%c0%ae%c0%ae/me",
                "/assets/%zz",
                "/assets/%",
                "/assets/a%3bb",
                "/a%73sets/a",
                "/%61ssets/a",
            ])
    {
        assert_eq!(raw(address, "GET", path, &[], "").await.status, 401, "{path}");
    }
    for path in ["/assets/../me", "/assets/./a", "/assets//a", "/assets/a;b", "/assets/%2e%2e/me", "/static/a"] {
        assert_eq!(raw(address, "GET", path, &[], "").await.status, 401, "{path}");
    }
    assert_eq!(hits.count(), 5);
}

// EXC-09: the matched template decides, so the open handler itself must check an encoded or dotted tail.
#[tokio::test]
async fn an_open_route_is_open_for_every_path_that_it_matches() {
    let (app, hits) = app(&ready(Bearer.backend()));
    let address = serve(app).await;
    for path in ["/files/a", "/files/%2e%2e/me", "/files/a//b"] {
        let answer = raw(address, "GET", path, &[], "").await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "file"), "{path}");
    }
    assert_eq!(hits.count(), 0);
}

// EXC-06
#[tokio::test]
async fn a_public_router_can_be_mounted_beside_the_protected_one() {
    let protected = app(&ready(Bearer.backend())).0;
    let app = Router::new().route("/public", get(|| async { "public" })).fallback_service(protected);
    assert_eq!(call(&app, request("GET", "/public", &[])).await.status, 200);
    assert_eq!(call(&app, request("GET", "/me", &[])).await.status, 401);
    assert_eq!(call(&app, request("GET", "/open", &[])).await.status, 200);
}

// EXC-01: a template that an outer router matched does not count as a template of the inner router.
#[tokio::test]
async fn an_outer_router_opens_nothing_inside() {
    let (protected, hits) = app(&ready(Bearer.backend()));
    let outer = Router::new()
        .route_service("/files/{*rest}", protected.clone())
        .route_service("/assets/{*rest}", protected.clone())
        .nest_service("/v1", protected);
    assert_eq!(call(&outer, request("GET", "/assets/%2fa", &[])).await.status, 401);
    assert_eq!(call(&outer, request("GET", "/v1/me", &[])).await.status, 401);
    assert_eq!(call(&outer, request("GET", "/v1/nope", &[])).await.status, 401);
    assert_eq!(hits.count(), 0);
    assert_eq!(call(&outer, request("GET", "/files/x", &[])).await.body, "file");
}

// EXC-02
#[tokio::test]
async fn the_layer_guards_by_the_same_rules_as_protect() {
    let auth = ready(Bearer.backend());
    let router =
        Router::new().route("/me", get(|_: User| async {})).route("/open", get(|| async {})).layer(auth.layer());
    assert_eq!(call(&router, request("GET", "/me", &[])).await.status, 401);
    assert_eq!(call(&router, request("GET", "/open", &[])).await.status, 200);
    assert_eq!(call(&router, request("GET", "/nope", &[])).await.status, 401);
}

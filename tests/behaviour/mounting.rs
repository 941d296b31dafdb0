//! A protected router below another one, and request targets of every form.

use axum::Router;
use jwt_auth::Protected;
use jwt_auth_tests::{call, request as raw, send, serve};

use crate::fixture::{Bearer, Hits, PLAIN, app, bearer, ready, request, token};

fn mounted(prefix: &str) -> (Router, Hits) {
    let (protected, hits): (Protected, Hits) = app(&ready(Bearer.backend()));
    (Router::new().nest_service(prefix, protected), hits)
}

// EXC-02
#[tokio::test]
async fn below_a_prefix_every_route_stays_closed() {
    let (outer, hits) = mounted("/v1");
    for path in ["/v1/me", "/v1/any", "/v1/api/u/1", "/v1/static/a", "/v1/nope", "/v1/open", "/v1/assets/a", "/v1"] {
        let answer = call(&outer, request("GET", path, &[])).await;
        assert_eq!((answer.status, answer.header("www-authenticate")), (401, Some(PLAIN)), "{path}");
    }
    assert_eq!(hits.count(), 0);
}

// EXC-02
#[tokio::test]
async fn below_a_prefix_a_valid_token_passes() {
    let auth = ready(Bearer.backend());
    let (protected, hits) = app(&auth);
    let outer = Router::new().nest_service("/v1", protected);
    let answer = call(&outer, request("GET", "/v1/me", &[("authorization", &bearer(&token(&auth)))])).await;
    assert_eq!((answer.status, hits.count()), (200, 1));
}

// EXC-01, EXC-02
#[tokio::test]
async fn a_prefix_that_a_pattern_covers_opens_no_route_inside() {
    let mut opened = Vec::new();
    for prefix in ["/files", "/assets"] {
        let (outer, hits) = mounted(prefix);
        for inner in ["/me", "/any", "/api/u/1", "/static/a", "/nope"] {
            let (path, before) = (format!("{prefix}{inner}"), hits.count());
            let status = call(&outer, request("GET", &path, &[])).await.status;
            if (status, hits.count()) != (401, before) {
                opened.push(format!("{path}: {status}"));
            }
        }
    }
    assert!(opened.is_empty(), "handlers ran without a credential: {opened:?}");
}

#[utoipa::path(get, path = "/documented", security(("Bearer" = ["write"])))]
async fn documented() {}

// EXC-01, BRR-07
#[tokio::test]
async fn below_a_prefix_the_scopes_of_the_document_hold() {
    let auth = ready(Bearer.backend());
    let router = utoipa_axum::router::OpenApiRouter::new().routes(utoipa_axum::routes!(documented));
    let router = crate::fixture::with_open_routes(router);
    let (protected, _) = auth.protect(router).unwrap();
    let outer = Router::new()
        .nest_service("/files", protected.clone())
        .nest("/n/{tenant}", Router::new().nest_service("/m/", protected.clone()))
        .nest("/f", Router::new().fallback_service(protected));
    let token = |scopes: &[&str]| bearer(&auth.new_token(&crate::fixture::alice()).scopes(scopes).sign().unwrap());
    for path in ["/files/documented", "/n/a/m/documented", "/f/documented"] {
        let get = async |token: String| call(&outer, request("GET", path, &[("authorization", &token)])).await.status;
        assert_eq!((get(token(&["read"])).await, get(token(&["write"])).await), (403, 200), "{path}");
    }
}

// EXC-01, EXC-02
#[tokio::test]
async fn no_way_of_mounting_opens_what_is_closed() {
    let (protected, hits) = app(&ready(Bearer.backend()));
    let outer = Router::new()
        .nest("/files", Router::new().fallback_service(protected.clone()))
        .nest("/a/{b}", Router::new().nest_service("/assets", protected.clone()))
        .nest_service("/open", protected);
    for path in ["/files/me", "/files", "/a/b/assets/me", "/a/b/assets", "/open/me", "/open", "/open/", "/open/nope"] {
        assert_eq!(call(&outer, request("GET", path, &[])).await.status, 401, "{path}");
    }
    assert_eq!(hits.count(), 0);
}

// EXC-01
#[tokio::test]
async fn an_encoded_spelling_of_an_open_path_is_not_open() {
    let (app, hits) = app(&ready(Bearer.backend()));
    let address = serve(app).await;
    for path in ["/%6fpen", "/open/", "//open", "/./open", "/me/../open", "/open%2f", "/open;x", "/OPEN", "/open%00"] {
        assert_eq!(raw(address, "GET", path, &[], "").await.status, 401, "{path}");
    }
    assert_eq!(hits.count(), 0);
}

// EXC-01, REL-01
#[tokio::test]
async fn an_absolute_target_is_read_as_its_path() {
    let (app, hits) = app(&ready(Bearer.backend()));
    let address = serve(app).await;
    let get = async |target: &str| raw(address, "GET", target, &[], "").await.status;
    assert_eq!(get("http://test/open").await, 200);
    assert_eq!(get("http://open/me").await, 401);
    assert_eq!((get("http://test/me?/open").await, hits.count()), (401, 0));
}

// EXC-02, REL-01
#[tokio::test]
async fn a_target_without_a_path_reaches_no_handler() {
    let (app, hits) = app(&ready(Bearer.backend()));
    let address = serve(app).await;
    for line in ["OPTIONS *", "CONNECT test:443", "GET *"] {
        let head = format!("{line} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n");
        let status = send(address, head).await.status;
        assert!((400..500).contains(&status), "{line}: {status}");
    }
    assert_eq!(hits.count(), 0);
}

// EXC-01, EXC-02: what the guard reads is what the service reads.
#[tokio::test]
async fn a_layer_that_rewrites_the_path_opens_nothing() {
    use axum::extract::Request;
    use axum::middleware::{Next, from_fn};
    use axum::routing::get;
    let hits = Hits::default();
    let handler = {
        let hits = hits.clone();
        move || async move { hits.hit() }
    };
    let service = Router::new().route("/assets/a", get(handler.clone())).route("/secret", get(handler));
    let auth = ready(Bearer.backend());
    let rewritten = auth.protect(Router::new().fallback_service(service)).unwrap().layer(from_fn(
        async |mut request: Request, next: Next| {
            if let Some(uri) = request.headers().get("x-rewrite-url").and_then(|value| value.to_str().ok()) {
                *request.uri_mut() = uri.parse().unwrap();
            }
            next.run(request).await
        },
    ));
    let get = async |headers: &[(&str, &str)]| call(&rewritten, request("GET", "/assets/a", headers)).await.status;
    assert_eq!((get(&[]).await, hits.count()), (200, 1));
    assert_eq!((get(&[("x-rewrite-url", "/secret")]).await, hits.count()), (401, 1));
}

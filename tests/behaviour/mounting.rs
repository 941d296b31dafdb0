//! A protected router that is mounted in other routers, and request targets of every form.

use std::convert::Infallible;
use std::net::SocketAddr;

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use axum::response::Response;
use jwt_auth::Protected;
use jwt_auth_tests::{call, request as raw, send, serve};
use tower::util::MapRequestLayer;
use tower::{Service, ServiceExt};

use crate::fixture::{Bearer, Hits, PLAIN, app, bearer, ready, request, token};

fn mounted(prefix: &str) -> (Router, Hits) {
    let (protected, hits): (Protected, Hits) = app(&ready(Bearer.backend()));
    (Router::new().nest_service(prefix, protected), hits)
}

// EXC-02
#[tokio::test]
async fn below_a_prefix_closed_routes_stay_closed() {
    let (outer, hits) = mounted("/v1");
    for path in ["/v1/me", "/v1/any", "/v1/api/u/1", "/v1/static/a", "/v1/nope", "/v1", "/v1/", "/v1/open/"] {
        let answer = call(&outer, request("GET", path, &[])).await;
        assert_eq!((answer.status, answer.header("www-authenticate")), (401, Some(PLAIN)), "{path}");
    }
    assert_eq!(hits.count(), 0);
}

// B5
#[tokio::test]
async fn below_a_prefix_open_routes_are_open() {
    let (protected, hits) = app(&ready(Bearer.backend()));
    let outer = Router::new()
        .nest_service("/v1", protected.clone())
        .nest_service("/files", protected.clone())
        .nest("/f", Router::new().fallback_service(protected.clone()))
        .nest("/n/{tenant}", Router::new().nest_service("/m/", protected));
    for prefix in ["/v1", "/files", "/f", "/n/a/m"] {
        for (method, path, status) in [
            ("GET", "/open", 200),
            ("POST", "/open", 200),
            ("GET", "/half", 200),
            ("POST", "/half", 401),
            ("GET", "/files/a/b", 200),
            ("GET", "/assets/a", 200),
            ("GET", "/assets/b%20c/d", 200),
            ("GET", "/assets/b%2fc", 401),
            ("GET", "/assets/../me", 401),
            ("GET", "/assets//a", 401),
            ("GET", "/me", 401),
        ] {
            // axum leaves this prefix out of the template, so it could also be `/{*rest}` below `/files`.
            let status = if (prefix, path) == ("/f", "/files/a/b") { 401 } else { status };
            let answer = call(&outer, request(method, &format!("{prefix}{path}"), &[])).await;
            assert_eq!(answer.status, status, "{method} {prefix}{path}");
        }
    }
    assert_eq!(hits.count(), 8, "two files each");
}

#[jwt_auth::auth_backend(
    kind = "oauth2",
    user = crate::fixture::User,
    token_url = "/login",
    authenticate = check,
    exclude = ["/docs/{*rest}"],
)]
struct SignsIn;

fn check(_: &SignsIn, _: &str, _: &str, _: &jwt_auth::Parts) -> Option<crate::fixture::User> {
    Some(crate::fixture::alice())
}

// B5
#[tokio::test]
async fn below_a_prefix_one_can_sign_in() {
    let auth = ready(SignsIn.backend());
    let router = Router::new()
        .route("/me", axum::routing::get(async |_: crate::fixture::User| "in"))
        .route("/docs/{*rest}", axum::routing::get(async || "docs"));
    let outer = Router::new().nest_service("/api", auth.protect(router).unwrap());
    let mut sign_in = request("POST", "/api/login", &[("content-type", "application/x-www-form-urlencoded")]);
    *sign_in.body_mut() = "grant_type=password&username=alice&password=x".into();
    let answer = call(&outer, sign_in).await;
    assert_eq!(answer.status, 200);
    let header = answer.header("authorization").unwrap();
    assert_eq!(call(&outer, request("GET", "/api/me", &[("authorization", header)])).await.status, 200);
    assert_eq!(call(&outer, request("GET", "/api/docs/index.html", &[])).await.status, 200);
    assert_eq!(call(&outer, request("GET", "/api/me", &[])).await.status, 401);
}

// B5, EXC-01: a layer between the outer router and the protected one rewrites the path.
#[tokio::test]
async fn a_rewritten_path_below_a_prefix_opens_no_service() {
    let (protected, hits) = app(&ready(Bearer.backend()));
    let rewrite = MapRequestLayer::new(|mut request: Request| {
        *request.uri_mut() = "/assets/a".parse().unwrap();
        request
    });
    let outer = Router::new().nest_service("/v1", tower::Layer::layer(&rewrite, protected));
    assert_eq!(call(&outer, request("GET", "/v1/me", &[])).await.status, 401);
    assert_eq!((call(&outer, request("GET", "/v1/assets/a", &[])).await.status, hits.count()), (200, 1));
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

// EXC-01, EXC-02: the guard decides by the path that the service reads.
#[tokio::test]
async fn a_layer_that_rewrites_the_path_opens_nothing() {
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

/// One outer router around a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mount {
    NestService(&'static str),
    Nest,
    NestBelowParameter,
    RouteService,
    Fallback,
    Merge,
}

const MOUNTS: [Mount; 7] = [
    Mount::NestService("/s"),
    Mount::NestService("/{tenant}"),
    Mount::Nest,
    Mount::NestBelowParameter,
    Mount::RouteService,
    Mount::Fallback,
    Mount::Merge,
];

impl Mount {
    fn prefix(self) -> &'static str {
        match self {
            Self::NestService("/{tenant}") => "/acme",
            Self::NestService(prefix) => prefix,
            Self::Nest => "/n",
            Self::NestBelowParameter => "/acme/m",
            Self::RouteService | Self::Fallback | Self::Merge => "",
        }
    }

    fn around<S>(self, inner: S) -> Router
    where
        S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + Sync + 'static,
        S::Future: Send,
    {
        match self {
            Self::NestService(prefix) => Router::new().nest_service(prefix, inner),
            Self::Nest => Router::new().nest("/n", Router::new().fallback_service(inner)),
            Self::NestBelowParameter => Router::new().nest("/{tenant}", Router::new().nest_service("/m", inner)),
            // axum does not accept a bare router as the service of a route.
            Self::RouteService => {
                Router::new().route_service("/{*rest}", inner.map_request(|request: Request| request))
            }
            Self::Fallback => Router::new().fallback_service(inner),
            Self::Merge => Router::new()
                .route("/beside", axum::routing::get(async || {}))
                .merge(Router::new().fallback_service(inner)),
        }
    }
}

/// Every way to compose up to three mounts, the innermost first.
fn compositions() -> Vec<Vec<Mount>> {
    let one_more = |shorter: &[Vec<Mount>]| -> Vec<Vec<Mount>> {
        shorter.iter().flat_map(|mounts| MOUNTS.map(|mount| [mounts.as_slice(), &[mount]].concat())).collect()
    };
    let (one, two) = (one_more(&[vec![]]), one_more(&one_more(&[vec![]])));
    let three = one_more(&two);
    // In debug builds, axum 0.8 asserts that a request to a `nest_service` has no template of a route yet.
    let is_of_axum = |mounts: &Vec<Mount>| {
        let strips = |mount: &Mount| matches!(mount, Mount::NestService(_) | Mount::NestBelowParameter);
        let route = mounts.iter().rposition(|mount| *mount == Mount::RouteService);
        route.is_none_or(|route| !mounts.iter().take(route).any(strips))
    };
    [one, two, three].concat().into_iter().filter(is_of_axum).collect()
}

#[utoipa::path(get, path = "/documented/{id}", security(("Bearer" = ["read", "write"])))]
async fn documented_with_parameter() {}

// EXC-01, BRR-07
#[tokio::test]
async fn below_every_composition_the_scopes_of_the_document_hold() {
    let auth = ready(Bearer.backend());
    let router = utoipa_axum::router::OpenApiRouter::new()
        .routes(utoipa_axum::routes!(documented))
        .routes(utoipa_axum::routes!(documented_with_parameter));
    let (protected, _) = auth.protect(crate::fixture::with_open_routes(router)).unwrap();
    let token = |scopes: &[&str]| bearer(&auth.new_token(&crate::fixture::alice()).scopes(scopes).sign().unwrap());
    let (read, write, both) = (token(&["read"]), token(&["write"]), token(&["read", "write"]));
    let all = compositions();
    assert!(all.len() > 200, "{}", all.len());
    for mounts in all {
        let (first, others) = mounts.split_first().unwrap();
        let app = others.iter().fold(first.around(protected.clone()), |inner, mount| mount.around(inner));
        let prefix: String = mounts.iter().rev().map(|mount| mount.prefix()).collect();
        let get = async |path: &str, token: &str| {
            call(&app, request("GET", &format!("{prefix}{path}"), &[("authorization", token)])).await.status
        };
        let statuses = [
            get("/documented", "").await,
            get("/documented", &read).await,
            get("/documented", &write).await,
            get("/documented/7", &read).await,
            get("/documented/7", &write).await,
            get("/documented/7", &both).await,
            get("/not-there", &both).await,
        ];
        assert_eq!(statuses, [400, 403, 200, 403, 403, 200, 404], "{mounts:?}");
    }
}

// EXC-06
#[tokio::test]
async fn a_make_service_is_guarded_and_takes_no_routes() {
    let (app, hits) = app(&ready(Bearer.backend()));
    let made: Protected = app.clone().into_make_service().oneshot(()).await.unwrap();
    let get = async |path| call(&made, request("GET", path, &[])).await.status;
    assert_eq!((get("/open").await, get("/me").await, hits.count()), (200, 401, 0));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app.into_make_service()).await });
    let get = async |path| raw(address, "GET", path, &[], "").await.status;
    assert_eq!((get("/open").await, get("/me").await, hits.count()), (200, 401, 0));
}

// EXC-06
#[tokio::test]
async fn connect_info_reaches_the_handler_through_the_guard() {
    let auth = ready(Bearer.backend());
    let peer = async |ConnectInfo(peer): ConnectInfo<SocketAddr>| peer.ip().to_string();
    let router = Router::new().route("/open", axum::routing::get(peer)).route("/me", axum::routing::get(peer));
    let app = auth.protect(router).unwrap();
    let layered = app.clone().layer(MapRequestLayer::new(|request: Request| request));
    let token = format!("authorization: {}", bearer(&token(&auth)));
    for app in [app, layered] {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(
            async move { axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await },
        );
        for (path, lines) in [("/open", vec![]), ("/me", vec![token.as_str()])] {
            let answer = raw(address, "GET", path, &lines, "").await;
            assert_eq!((answer.status, answer.body.as_str()), (200, "127.0.0.1"), "{path}");
        }
        assert_eq!(raw(address, "GET", "/me", &[], "").await.status, 401);
    }
}

//! Layers outside the guard: those that change the method or the path after routing, and those that change nothing.

use std::convert::Infallible;

use axum::Router;
use axum::body::Body;
use axum::extract::{MatchedPath, Request};
use axum::response::Response;
use axum::routing::{any, get};
use http::{HeaderValue, Method};
use jwt_auth::{AuthSession, Backend, Parts, Protected, RefreshTokens, auth_backend, routes};
use jwt_auth_tests::{Answer, call};
use tower::util::MapRequestLayer;
use tower::{Service, ServiceExt};
use tower_http::cors::CorsLayer;
use utoipa_axum::router::OpenApiRouter;

use crate::fixture::{Hits, User, alice, bearer, ready, request, settings};

const OVERRIDE: &str = "x-http-method-override";
const CROSS_SITE: (&str, &str) = ("sec-fetch-site", "cross-site");
const OWN_SITE: (&str, &str) = ("sec-fetch-site", "same-origin");

#[auth_backend(kind = "bearer", user = User, scopes(read = "Read", write = "Write", admin = "Admin"), exclude = ["GET /items/{id}", "/assets/{*rest}"])]
struct Items;

#[auth_backend(kind = "cookie", user = User, refresh_url = "/refresh", exclude = ["/open", "/sign-in", "/sign-out"])]
struct Web;

#[auth_backend(kind = "oauth2", user = User, authenticate = check_password, token_url = "/token")]
struct Password;

async fn check_password(_: &Password, _: &str, password: &str, _: &Parts) -> Result<Option<User>, String> {
    Ok((password == "wonderland").then(alice))
}

/// The change that a layer makes to each request. Here a plain function serves as a layer.
type Change = fn(Request) -> Request;

fn layered(app: Protected, changes: &[Change]) -> Protected {
    changes.iter().fold(app, |app, change| app.layer(MapRequestLayer::new(*change)))
}

fn override_method(mut request: Request) -> Request {
    if let Some(method) = request.headers().get(OVERRIDE) {
        *request.method_mut() = Method::from_bytes(method.as_bytes()).unwrap();
    }
    request
}

fn lose_extensions(request: Request) -> Request {
    let (parts, body) = request.into_parts();
    let mut rebuilt = Request::new(body);
    (*rebuilt.method_mut(), *rebuilt.uri_mut(), *rebuilt.headers_mut()) = (parts.method, parts.uri, parts.headers);
    rebuilt
}

fn lose_template(mut request: Request) -> Request {
    request.extensions_mut().remove::<MatchedPath>();
    request
}

fn rewrite_path(mut request: Request) -> Request {
    if let Some(path) = request.headers().get("x-rewrite-url") {
        *request.uri_mut() = path.to_str().unwrap().parse().unwrap();
    }
    request
}

fn add_header_and_extension(mut request: Request) -> Request {
    request.headers_mut().insert("x-request-id", HeaderValue::from_static("1"));
    request.extensions_mut().insert("an extension");
    request
}

/// A layer that gives each request the template that axum matched for a request to `path`.
async fn template_of(
    template: &'static str,
    path: &str,
) -> MapRequestLayer<impl Fn(Request) -> Request + Clone + Send + Sync + 'static> {
    let router: Router = Router::new().route(template, get(async |matched: MatchedPath| axum::Extension(matched)));
    let answer = router.oneshot(request("GET", path, &[])).await.unwrap();
    let matched = answer.extensions().get::<MatchedPath>().unwrap().clone();
    MapRequestLayer::new(move |mut request: Request| {
        request.extensions_mut().insert(matched.clone());
        request
    })
}

#[utoipa::path(get, path = "/docs/{id}", security(("Items" = ["read"])))]
async fn read_doc() {}

#[utoipa::path(delete, path = "/docs/{id}", security(("Items" = ["write"])))]
async fn delete_doc() {}

#[utoipa::path(get, path = "/reports", security(("Items" = ["admin"])))]
async fn reports() {}

/// An open route, an open service, documented routes with scopes, and a route that needs a credential but no scope.
fn items(auth: &Backend<Items>) -> (Protected, Hits) {
    let hits = Hits::default();
    let handler = {
        let hits = hits.clone();
        move || async move { hits.hit() }
    };
    let service = Router::new().fallback(handler.clone());
    let router = OpenApiRouter::new()
        .routes(routes!(read_doc, delete_doc))
        .routes(routes!(reports))
        .route("/items/{id}", any(handler.clone()))
        .route("/me", any(handler))
        .nest_service("/assets", service);
    (auth.protect(router).unwrap().0, hits)
}

fn with_scopes(auth: &Backend<Items>, scopes: &[&str]) -> String {
    bearer(&auth.new_token(&alice()).scopes(scopes).sign().unwrap())
}

async fn status<S>(app: &S, method: &str, path: &str, headers: &[(&str, &str)]) -> u16
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone,
{
    call(app, request(method, path, headers)).await.status
}

/// The smallest sets of scopes with which the request passes. A set that does not include one of them gets a 403.
async fn sufficient<S>(app: &S, auth: &Backend<Items>, method: &str, path: &str, to: Option<&str>) -> Vec<String>
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone,
{
    let mut passing: Vec<String> = Vec::new();
    for scopes in ["", "read", "write", "admin", "read write", "read admin", "write admin", "read write admin"] {
        let token = with_scopes(auth, &scopes.split_whitespace().collect::<Vec<_>>());
        let headers = [("authorization", token.as_str()), (OVERRIDE, to.unwrap_or(method))];
        match status(app, method, path, &headers).await {
            403 => {}
            200 if passing.iter().any(|known| known.split(' ').all(|scope| scopes.contains(scope))) => {}
            200 => passing.push(scopes.to_owned()),
            other => panic!("{method} {path} with {scopes:?}: {other}"),
        }
    }
    passing
}

// ONE-01
#[tokio::test]
async fn a_method_override_opens_nothing() {
    let (app, hits) = items(&ready(Items.backend()));
    let app = layered(app, &[override_method]);
    assert_eq!((status(&app, "GET", "/items/1", &[]).await, hits.count()), (200, 1));
    for (method, to) in
        [("DELETE", "GET"), ("POST", "GET"), ("GET", "DELETE"), ("DELETE", "HEAD"), ("DELETE", "DELETE")]
    {
        assert_eq!(status(&app, method, "/items/1", &[(OVERRIDE, to)]).await, 401, "{method} to {to}");
    }
    assert_eq!(hits.count(), 1);
    assert_eq!(status(&app, "GET", "/items/1", &[(OVERRIDE, "HEAD")]).await, 200, "both are open");
}

// ONE-01, BRR-07
#[tokio::test]
async fn a_method_override_needs_the_scopes_of_both_methods() {
    let auth = ready(Items.backend());
    let app = layered(items(&auth).0, &[override_method]);
    assert_eq!(sufficient(&app, &auth, "GET", "/docs/1", None).await, ["read"]);
    assert_eq!(sufficient(&app, &auth, "DELETE", "/docs/1", None).await, ["write"]);
    assert_eq!(sufficient(&app, &auth, "DELETE", "/docs/1", Some("GET")).await, ["read write"]);
    assert_eq!(sufficient(&app, &auth, "GET", "/docs/1", Some("DELETE")).await, ["read write"]);
    assert_eq!(sufficient(&app, &auth, "GET", "/docs/1", Some("HEAD")).await, ["read"]);
}

// ONE-01
#[tokio::test]
async fn without_its_extensions_a_request_is_not_open_and_needs_every_scope() {
    let auth = ready(Items.backend());
    let lists: [&[Change]; 3] =
        [&[lose_extensions], &[add_header_and_extension, lose_extensions], &[lose_extensions, lose_template]];
    for changes in lists {
        let (app, hits) = items(&auth);
        let app = layered(app, changes);
        for path in ["/items/1", "/assets/a", "/me"] {
            assert_eq!(status(&app, "GET", path, &[]).await, 401, "{path}");
        }
        for path in ["/docs/1", "/reports"] {
            assert_eq!(sufficient(&app, &auth, "GET", path, None).await, ["read write admin"], "{path}");
        }
        assert_eq!(hits.count(), 0);
        assert_eq!(sufficient(&app, &auth, "GET", "/items/1", None).await, ["read write admin"]);
        assert_eq!(sufficient(&app, &auth, "GET", "/assets/a", None).await, ["read write admin"]);
    }
}

// ONE-01
#[tokio::test]
async fn without_its_template_a_request_is_judged_by_what_was_routed_and_by_its_path() {
    let auth = ready(Items.backend());
    let (app, hits) = items(&auth);
    let app = layered(app, &[lose_template]);
    assert_eq!((status(&app, "GET", "/items/1", &[]).await, hits.count()), (200, 1));
    assert_eq!((status(&app, "DELETE", "/items/1", &[]).await, status(&app, "GET", "/me", &[]).await), (401, 401));
    assert_eq!(sufficient(&app, &auth, "DELETE", "/docs/1", None).await, ["write"]);
    assert_eq!((sufficient(&app, &auth, "GET", "/reports", None).await, hits.count()), (vec!["admin".to_owned()], 1));
}

// ONE-01
#[tokio::test]
async fn the_template_of_another_request_opens_nothing_and_adds_its_scopes() {
    let auth = ready(Items.backend());
    let (app, hits) = items(&auth);
    let open = app.clone().layer(template_of("/items/{id}", "/items/1").await);
    for (method, path) in [("GET", "/me"), ("GET", "/docs/1"), ("DELETE", "/items/1"), ("GET", "/nowhere")] {
        assert_eq!(status(&open, method, path, &[]).await, 401, "{method} {path}");
    }
    assert_eq!(sufficient(&open, &auth, "GET", "/docs/1", None).await, ["read"]);
    let closed = app.layer(template_of("/reports", "/reports").await);
    assert_eq!((status(&closed, "GET", "/items/1", &[]).await, hits.count()), (401, 0));
    assert_eq!(sufficient(&closed, &auth, "DELETE", "/docs/1", None).await, ["write admin"]);
    // The same holds below a prefix, although the templates then begin with the prefix.
    let below = Router::new().nest_service("/v1", closed);
    assert_eq!(sufficient(&below, &auth, "DELETE", "/v1/docs/1", None).await, ["write admin"]);
}

// ONE-01, EXC-02
#[tokio::test]
async fn a_rewritten_path_below_an_open_service_has_to_be_open_too() {
    let auth = ready(Items.backend());
    let (app, hits) = items(&auth);
    let app = layered(app, &[rewrite_path]);
    let rewritten = async |path: &str, to: &str| status(&app, "GET", path, &[("x-rewrite-url", to)]).await;
    assert_eq!((rewritten("/assets/a", "/assets/b").await, hits.count()), (200, 1));
    for to in ["/me", "/assets/../me", "/assets/%2e%2e/me", "/docs/1", "/", "/assets"] {
        assert_eq!(rewritten("/assets/a", to).await, 401, "{to}");
    }
    // A request to `/assets/` has a template, but the service still routes by the new path.
    assert_eq!((rewritten("/assets/", "/assets/").await, rewritten("/assets/", "/me").await), (200, 401));
    assert_eq!((rewritten("/me", "/assets/a").await, rewritten("/me", "/items/1").await, hits.count()), (401, 401, 2));
    let token = with_scopes(&auth, &["read"]);
    let with_token =
        async |to| status(&app, "GET", "/assets/a", &[("authorization", &token), ("x-rewrite-url", to)]).await;
    assert_eq!((with_token("/docs/1").await, with_token("/reports").await), (200, 403), "the path may be a document's");
}

struct Browser {
    app: Protected,
    hits: Hits,
    /// Both cookies of a session.
    cookies: String,
}

fn web_router(hits: &Hits) -> Router {
    let (guarded, open) = (hits.clone(), hits.clone());
    let sign_in = |session: AuthSession<Web>| async move { session.login(&alice()).with_refresh_token().await };
    let sign_out = |session: AuthSession<Web>| async move { session.logout().await };
    Router::new()
        .route("/me", any(|_: User| async move { guarded.hit() }))
        .route("/open", any(|_: Option<User>| async move { open.hit() }))
        .route("/sign-in", any(sign_in))
        .route("/sign-out", any(sign_out))
}

/// A service with these layers, and a browser that signed in before the layers were added.
async fn browser(changes: &[Change], inside: Option<Change>) -> Browser {
    let auth = settings(Web.backend()).refresh_tokens(RefreshTokens::new()).build().unwrap();
    let hits = Hits::default();
    let plain = auth.protect(web_router(&hits)).unwrap();
    let signed_in = call(&plain, request("POST", "/sign-in", &[OWN_SITE])).await;
    let cookies =
        set_cookies(&signed_in).iter().map(|line| line.split(';').next().unwrap()).collect::<Vec<_>>().join("; ");
    let router = match inside {
        Some(change) => web_router(&hits).layer(MapRequestLayer::new(change)),
        None => web_router(&hits),
    };
    Browser { app: layered(auth.protect(router).unwrap(), changes), hits, cookies }
}

fn set_cookies(answer: &Answer) -> Vec<&str> {
    answer.headers.iter().filter(|(name, _)| name == "set-cookie").map(|(_, value)| value.as_str()).collect()
}

impl Browser {
    async fn send(&self, method: &str, path: &str, site: (&str, &str), to: &str) -> Answer {
        call(&self.app, request(method, path, &[site, ("cookie", &self.cookies), (OVERRIDE, to)])).await
    }
}

// ONE-01, CKE-05, CKE-07
#[tokio::test]
async fn no_layer_skips_the_check_of_where_a_cookie_comes_from() {
    let outside: [&[Change]; 3] = [&[override_method], &[lose_extensions], &[override_method, lose_extensions]];
    let inside = browser(&[], Some(override_method)).await;
    let mut browsers = vec![inside];
    for changes in outside {
        browsers.push(browser(changes, None).await);
    }
    for browser in &browsers {
        for path in ["/me", "/open", "/sign-in", "/sign-out", "/refresh"] {
            let answer = browser.send("POST", path, CROSS_SITE, "GET").await;
            assert_eq!((answer.status, set_cookies(&answer), browser.hits.count()), (403, vec![], 0), "{path}");
        }
        let own =
            [browser.send("POST", "/me", OWN_SITE, "GET").await, browser.send("POST", "/open", OWN_SITE, "GET").await];
        assert_eq!((own.map(|answer| answer.status), browser.hits.count()), ([200; 2], 2), "the session is unchanged");
    }
}

// ONE-01: the reverse case: the routed request is safe, and a layer makes it unsafe.
#[tokio::test]
async fn a_safe_request_that_becomes_an_unsafe_one_is_checked() {
    for browser in [browser(&[override_method], None).await, browser(&[lose_extensions, override_method], None).await] {
        for path in ["/me", "/open"] {
            assert_eq!(browser.send("GET", path, CROSS_SITE, "POST").await.status, 403, "{path}");
        }
        assert_eq!(browser.hits.count(), 0);
    }
}

// ONE-01, CKE-07
#[tokio::test]
async fn a_method_override_does_not_let_another_site_sign_a_browser_in_at_the_token_endpoint() {
    let auth = ready(Password.backend());
    let app = layered(auth.protect(Router::new()).unwrap(), &[override_method]);
    let sign_in = async |headers: &[(&str, &str)]| {
        let mut all = vec![("content-type", "application/x-www-form-urlencoded")];
        all.extend(headers);
        let mut request = request("POST", "/token", &all);
        *request.body_mut() = Body::from("grant_type=password&username=alice&password=wonderland");
        let answer = call(&app, request).await;
        (answer.status, set_cookies(&answer).len())
    };
    assert_eq!(sign_in(&[OWN_SITE]).await, (200, 1));
    assert_eq!(sign_in(&[CROSS_SITE]).await, (200, 0), "a token, no cookie");
    assert_eq!(sign_in(&[CROSS_SITE, (OVERRIDE, "GET")]).await.1, 0);
}

// ONE-01: a layer that keeps the routed method and path does not change the guard's decision.
#[tokio::test]
async fn layers_that_leave_a_request_as_it_was_change_nothing() {
    let auth = ready(Items.backend());
    let (app, _) = items(&auth);
    let kept: Change = |request| request;
    let lists: [&[Change]; 3] = [&[], &[add_header_and_extension], &[kept, add_header_and_extension]];
    for changes in lists {
        let app = layered(app.clone(), changes);
        let open = [("GET", "/items/1"), ("HEAD", "/items/1"), ("GET", "/assets/a"), ("POST", "/assets/a")];
        for (method, path) in open {
            assert_eq!(status(&app, method, path, &[]).await, 200, "{method} {path}");
        }
        for (method, path) in [("POST", "/items/1"), ("GET", "/me"), ("HEAD", "/me"), ("GET", "/nowhere")] {
            assert_eq!(status(&app, method, path, &[]).await, 401, "{method} {path}");
        }
        assert_eq!(sufficient(&app, &auth, "GET", "/docs/1", None).await, ["read"]);
        assert_eq!(sufficient(&app, &auth, "HEAD", "/docs/1", None).await, ["read"]);
        assert_eq!(sufficient(&app, &auth, "DELETE", "/docs/1", None).await, ["write"]);
        assert_eq!(sufficient(&app, &auth, "GET", "/me", None).await, [""]);
        assert_eq!(status(&app, "GET", "/nowhere", &[("authorization", &with_scopes(&auth, &[]))]).await, 404);
    }
    let browser = browser(&[add_header_and_extension], None).await;
    assert_eq!(browser.send("GET", "/me", CROSS_SITE, "GET").await.status, 200, "a link");
    assert_eq!(browser.send("POST", "/refresh", OWN_SITE, "POST").await.status, 204);
}

// ONE-01
#[tokio::test]
async fn a_clone_without_the_layer_is_not_changed_by_the_layer_of_the_other() {
    let (plain, hits) = items(&ready(Items.backend()));
    let layered = layered(plain.clone(), &[lose_extensions]);
    assert_eq!((status(&plain, "GET", "/items/1", &[]).await, hits.count()), (200, 1));
    assert_eq!((status(&layered, "GET", "/items/1", &[]).await, hits.count()), (401, 1));
    let (again, both) =
        (layered.clone(), plain.clone().layer(MapRequestLayer::new(add_header_and_extension as Change)));
    assert_eq!((status(&again, "GET", "/items/1", &[]).await, status(&both, "GET", "/items/1", &[]).await), (401, 200));
}

// ONE-01: a preflight is answered outside the guard. The request that it asks about still has to pass the guard.
#[tokio::test]
async fn a_cors_layer_answers_preflights() {
    let auth = ready(Items.backend());
    let app = items(&auth).0.layer(CorsLayer::permissive()).layer(MapRequestLayer::new(override_method as Change));
    let preflight = [("origin", "https://app.test"), ("access-control-request-method", "DELETE")];
    let answer = call(&app, request("OPTIONS", "/docs/1", &preflight)).await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, Some("*")));
    let answer = call(&app, request("GET", "/me", &[("origin", "https://app.test")])).await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (401, Some("*")));
    assert_eq!(sufficient(&app, &auth, "DELETE", "/docs/1", None).await, ["write"]);
}

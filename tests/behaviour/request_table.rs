//! A table of requests, sent over raw TCP, each with its expected status and challenge. No request gets a 5xx, and no handler
//! behind the guard runs without a valid credential.

use jwt_auth_tests::{Answer, get, request, send, serve};
use tower_http::cors::CorsLayer;

use crate::fixture::{
    ApiKey, Bearer, Cookie, INVALID_REQUEST, INVALID_TOKEN, OAuth2, PLAIN, app, bearer, ready, token,
};

/// Sends each request to the application of a backend, and asserts that no handler behind the guard ran.
macro_rules! refused {
    ($($(#[$doc:meta])* $name:ident: $backend:expr, $method:literal $path:literal [$($line:expr),*] => $status:literal $challenge:expr;)*) => {
        $($(#[$doc])* #[tokio::test]
        async fn $name() {
            let (app, hits) = app(&ready($backend.backend()));
            let answer = request(serve(app).await, $method, $path, &[$($line),*], "").await;
            assert_eq!((answer.status, answer.header("www-authenticate")), ($status, $challenge), "{answer:?}");
            assert_eq!(hits.count(), 0, "a handler ran");
        })*
    };
}

fn long() -> String {
    format!("Authorization: Bearer {}", "a".repeat(9 * 1024))
}

refused! {
    // BRR-05
    no_header: Bearer, "GET" "/me" [] => 401 Some(PLAIN);
    // BRR-05
    another_scheme: Bearer, "GET" "/me" ["Authorization: Basic YTpi"] => 401 Some(PLAIN);
    // BRR-05
    a_scheme_that_only_starts_like_bearer: Bearer, "GET" "/me" ["Authorization: Bearers abc"] => 401 Some(PLAIN);
    // BRR-03
    two_headers: Bearer, "GET" "/me" ["Authorization: Bearer a.b.c", "Authorization: Bearer a.b.c"] => 400 Some(INVALID_REQUEST);
    // BRR-02
    a_comma: Bearer, "GET" "/me" ["Authorization: Bearer a.b.c,d.e.f"] => 400 Some(INVALID_REQUEST);
    // BRR-02
    a_tab: Bearer, "GET" "/me" ["Authorization: Bearer\ta.b.c"] => 400 Some(INVALID_REQUEST);
    // BRR-02
    quotes: Bearer, "GET" "/me" ["Authorization: Bearer \"a.b.c\""] => 400 Some(INVALID_REQUEST);
    // BRR-02
    a_second_word: Bearer, "GET" "/me" ["Authorization: Bearer a.b.c d"] => 400 Some(INVALID_REQUEST);
    // BRR-02
    the_scheme_alone: Bearer, "GET" "/me" ["Authorization: Bearer"] => 400 Some(INVALID_REQUEST);
    // BRR-02
    bytes_that_are_not_ascii: Bearer, "GET" "/me" ["Authorization: Bearer a\u{e9}"] => 400 Some(INVALID_REQUEST);
    // BRR-02, BRR-08
    an_empty_header: Bearer, "GET" "/me" ["Authorization:"] => 400 Some(INVALID_REQUEST);
    // JWS-03, BRR-06
    a_token_of_9_kib: Bearer, "GET" "/me" [&long()] => 401 Some(INVALID_TOKEN);
    // BRR-06
    garbage: Bearer, "GET" "/me" ["Authorization: Bearer garbage"] => 401 Some(INVALID_TOKEN);
    // BRR-09
    a_token_in_the_query: Bearer, "GET" "/me?access_token=a.b.c" [] => 401 Some(PLAIN);
    // CKE-11
    a_cookie_for_a_bearer_backend: Bearer, "GET" "/me" ["Cookie: __Host-token=a.b.c"] => 401 Some(PLAIN);
    // CKE-11
    a_header_for_a_cookie_backend: Cookie, "GET" "/me" ["Authorization: Bearer a.b.c"] => 401 Some(PLAIN);
    // CKE-03
    a_cookie_twice: Cookie, "GET" "/me" ["Cookie: __Host-token=a; __Host-token=a"] => 400 Some(INVALID_REQUEST);
    // CKE-03
    a_cookie_twice_on_two_lines: Cookie, "GET" "/me" ["Cookie: __Host-token=a", "Cookie: __Host-token=b"] => 400 Some(INVALID_REQUEST);
    // CKE-03
    a_quoted_cookie: Cookie, "GET" "/me" ["Cookie: __Host-token=\"a.b.c\""] => 401 Some(INVALID_TOKEN);
    // BRR-04
    a_cookie_beside_a_bad_header: OAuth2, "GET" "/me" ["Authorization: Bearer a.b.c", "Cookie: __Host-token=a.b.c"] => 401 Some(INVALID_TOKEN);
    // CKE-03
    a_cookie_twice_beside_a_header: OAuth2, "GET" "/me" ["Authorization: Bearer a.b.c", "Cookie: __Host-token=a; __Host-token=b"] => 400 Some(INVALID_REQUEST);
    // BRR-02
    a_scheme_in_a_custom_header: ApiKey, "GET" "/me" ["X-API-Key: Bearer a.b.c"] => 400 Some(INVALID_REQUEST);
    // EXC-04
    head_follows_get: Bearer, "HEAD" "/me" [] => 401 Some(PLAIN);
    // EXC-04
    options_is_no_exception: Bearer, "OPTIONS" "/any" [] => 401 Some(PLAIN);
    // EXC-04
    a_preflight_that_reaches_the_guard: Bearer, "OPTIONS" "/any" ["Origin: https://a.test", "Access-Control-Request-Method: GET"] => 401 Some(PLAIN);
    // EXC-02
    a_method_that_nobody_knows: Bearer, "MYSTERY" "/any" [] => 401 Some(PLAIN);
    // BRR-11
    an_unknown_path: Bearer, "GET" "/nope" [] => 401 Some(PLAIN);
    // EXC-02
    the_root: Bearer, "GET" "/" [] => 401 Some(PLAIN);
    // EXC-02
    a_nested_route: Bearer, "GET" "/api/u/1" [] => 401 Some(PLAIN);
    // EXC-02
    a_nested_service: Bearer, "GET" "/static/a" [] => 401 Some(PLAIN);
    // EXC-02
    a_method_that_the_route_does_not_have: Bearer, "DELETE" "/me" [] => 401 Some(PLAIN);
    // EXC-02
    a_doubled_slash: Bearer, "GET" "//open" [] => 401 Some(PLAIN);
    // EXC-10
    forwarding_headers_change_nothing: Bearer, "GET" "/me" ["X-Forwarded-Uri: /open", "X-Original-URL: /open", "X-Forwarded-Prefix: /open"] => 401 Some(PLAIN);
}

async fn with_token(method: &str, path: &str) -> Answer {
    let auth = ready(Bearer.backend());
    let header = format!("Authorization: {}", bearer(&token(&auth)));
    request(serve(app(&auth).0).await, method, path, &[&header], "").await
}

#[tokio::test]
async fn a_valid_token_passes_on_every_route() {
    for (method, path) in [
        ("GET", "/me"),
        ("POST", "/me"),
        ("OPTIONS", "/any"),
        ("GET", "/api/u/1"),
        ("GET", "/static/a"),
        ("GET", "/nope"),
    ] {
        let answer = with_token(method, path).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "in"), "{method} {path}");
    }
    assert_eq!(with_token("HEAD", "/me").await.status, 200);
    assert_eq!(with_token("DELETE", "/me").await.status, 405);
}

// BRR-01
#[tokio::test]
async fn the_scheme_is_compared_without_case() {
    let auth = ready(Bearer.backend());
    let (app, hits) = app(&auth);
    let address = serve(app).await;
    for scheme in ["bearer", "BEARER", "BeArEr"] {
        assert_eq!(get(address, "/me", &[&format!("Authorization: {scheme}   {}", token(&auth))]).await.status, 200);
    }
    assert_eq!(hits.count(), 3);
}

// BRR-04
#[tokio::test]
async fn a_good_header_wins_over_a_bad_cookie_and_a_cookie_alone_suffices() {
    let auth = ready(OAuth2.backend());
    let address = serve(app(&auth).0).await;
    let header = format!("Authorization: {}", bearer(&token(&auth)));
    assert_eq!(get(address, "/me", &[&header, "Cookie: __Host-token=bad"]).await.status, 200);
    assert_eq!(get(address, "/me", &[&format!("Cookie: __Host-token={}", token(&auth))]).await.status, 200);
}

#[tokio::test]
async fn a_custom_header_takes_the_bare_token() {
    let auth = ready(ApiKey.backend());
    let address = serve(app(&auth).0).await;
    assert_eq!(get(address, "/me", &[&format!("X-API-Key: {}", token(&auth))]).await.status, 200);
    assert_eq!(get(address, "/me", &[&format!("Authorization: {}", bearer(&token(&auth)))]).await.status, 401);
}

// EXC-04
#[tokio::test]
async fn a_cors_layer_outside_answers_preflights_and_covers_refusals() {
    let (app, hits) = app(&ready(Bearer.backend()));
    let address = serve(app.layer(CorsLayer::permissive())).await;
    let preflight = ["Origin: https://a.test", "Access-Control-Request-Method: GET"];
    let answer = request(address, "OPTIONS", "/me", &preflight, "").await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, Some("*")));
    let refused = get(address, "/me", &["Origin: https://a.test"]).await;
    assert_eq!((refused.status, refused.header("access-control-allow-origin")), (401, Some("*")));
    assert_eq!(hits.count(), 0);
}

// REL-01
#[tokio::test]
async fn a_bad_request_line_is_no_server_error() {
    let address = serve(app(&ready(Bearer.backend())).0).await;
    for head in [
        "GET /me HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \0\r\n\r\n",
        "GET /%zz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    ] {
        let status = send(address, head).await.status;
        assert!((400..500).contains(&status), "{status}");
    }
}

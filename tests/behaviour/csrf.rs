//! Requests with a cookie need proof that a page of the service itself sent them.

use axum::Router;
use axum::extract::WebSocketUpgrade;
use axum::routing::get;
use jwt_auth::{AuthBackend, AuthSession, Backend};
use jwt_auth_tests::{call, serve};

use crate::fixture::{Cookie, OAuth2, User, app, bearer, ready, request, settings, token};

async fn status(method: &str, headers: &[(&str, &str)]) -> u16 {
    let auth = settings(Cookie.backend()).allowed_origin("https://app.test").build().unwrap();
    let cookie = format!("__Host-token={}", token(&auth));
    let mut all = vec![("cookie", cookie.as_str())];
    all.extend(headers);
    let (app, hits) = app(&auth);
    let answer = call(&app, request(method, "/any", &all)).await;
    assert_eq!(hits.count() == 1, answer.status == 200);
    if answer.status == 403 {
        assert_eq!(answer.header("www-authenticate"), None);
    }
    answer.status
}

// CKE-05
#[tokio::test]
async fn the_services_own_pages_may_post() {
    assert_eq!(status("POST", &[("sec-fetch-site", "same-origin")]).await, 200);
    assert_eq!(status("POST", &[("sec-fetch-site", "none")]).await, 200);
}

// CKE-05
#[tokio::test]
async fn pages_of_other_sites_may_not() {
    assert_eq!(status("POST", &[("sec-fetch-site", "cross-site")]).await, 403);
    assert_eq!(status("POST", &[("sec-fetch-site", "same-site")]).await, 403);
    assert_eq!(status("DELETE", &[("origin", "https://evil.test")]).await, 403);
}

// CKE-05
#[tokio::test]
async fn an_allowed_origin_may() {
    assert_eq!(status("PUT", &[("origin", "https://app.test")]).await, 200);
    assert_eq!(status("PUT", &[("origin", "https://app.test"), ("sec-fetch-site", "same-site")]).await, 200);
    assert_eq!(status("PUT", &[("referer", "https://app.test/page")]).await, 200);
}

// CKE-05
#[tokio::test]
async fn without_any_proof_an_unsafe_request_is_refused() {
    for method in ["POST", "PUT", "PATCH", "DELETE", "MYSTERY"] {
        assert_eq!(status(method, &[]).await, 403, "{method}");
    }
    for method in ["GET", "HEAD", "OPTIONS"] {
        assert_eq!(status(method, &[]).await, 200, "{method}");
    }
}

// CKE-05
#[tokio::test]
async fn a_header_needs_no_proof() {
    let auth = ready(OAuth2.backend());
    let (app, _) = app(&auth);
    let token = bearer(&token(&auth));
    let headers = [("authorization", token.as_str()), ("sec-fetch-site", "cross-site")];
    assert_eq!(call(&app, request("POST", "/me", &headers)).await.status, 200);
}

// CKE-05: a bad token gets a 401 before the origin is checked, so the answer reveals nothing about the origin.
#[tokio::test]
async fn a_bad_cookie_is_a_bad_token_first() {
    let (app, _) = app(&ready(Cookie.backend()));
    let headers = [("cookie", "__Host-token=a.b.c"), ("sec-fetch-site", "cross-site")];
    assert_eq!(call(&app, request("POST", "/me", &headers)).await.status, 401);
}

// CKE-07
#[tokio::test]
async fn an_open_route_that_asks_for_the_user_needs_the_proof_too() {
    let auth = ready(Cookie.backend());
    let router = Router::new()
        .route("/open", axum::routing::post(|user: Option<User>| async move { user.is_some().to_string() }));
    let app = auth.protect(router).unwrap();
    let cookie = format!("__Host-token={}", token(&auth));
    let post = async |headers: &[(&str, &str)]| call(&app, request("POST", "/open", headers)).await;
    assert_eq!(post(&[("cookie", &cookie), ("sec-fetch-site", "same-origin")]).await.body, "true");
    assert_eq!(post(&[("cookie", &cookie), ("sec-fetch-site", "cross-site")]).await.status, 403);
    assert_eq!(post(&[]).await.body, "false");
}

async fn sign_in<A: AuthBackend<User = User>>(
    auth: &Backend<A>,
    method: &str,
    headers: &[(&str, &str)],
) -> (u16, bool) {
    let handler = |session: AuthSession<A>| async move { session.login(&crate::fixture::alice()).await };
    let app = auth.protect(Router::new().route("/open", axum::routing::any(handler))).unwrap();
    let answer = call(&app, request(method, "/open", headers)).await;
    (answer.status, answer.header("set-cookie").is_some())
}

// CKE-07
#[tokio::test]
async fn a_page_of_another_site_signs_no_browser_in() {
    let auth = settings(Cookie.backend()).allowed_origin("https://app.test").build().unwrap();
    assert_eq!(sign_in(&auth, "POST", &[("sec-fetch-site", "same-origin")]).await, (200, true));
    assert_eq!(sign_in(&auth, "POST", &[]).await, (200, true), "a client that is no browser");
    assert_eq!(sign_in(&auth, "POST", &[("sec-fetch-site", "cross-site")]).await, (403, false));
    assert_eq!(sign_in(&auth, "POST", &[("sec-fetch-site", "same-site")]).await, (403, false));
    let allowed = [("sec-fetch-site", "same-site"), ("origin", "https://app.test")];
    assert_eq!(sign_in(&auth, "POST", &allowed).await, (200, true));
    assert_eq!(sign_in(&auth, "GET", &[("sec-fetch-site", "cross-site")]).await, (200, true), "a link in a mail");
    let auth = ready(OAuth2.backend());
    assert_eq!(sign_in(&auth, "POST", &[("sec-fetch-site", "cross-site")]).await, (200, false), "a token, no cookie");
}

async fn upgrade<A: AuthBackend<User = User>>(auth: &Backend<A>, lines: &[&str]) -> u16 {
    let router = Router::new()
        .route("/ws", get(|_: User, upgrade: WebSocketUpgrade| async move { upgrade.on_upgrade(|_| async {}) }));
    let address = serve(auth.protect(router).unwrap()).await;
    let mut all =
        vec!["Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="];
    all.extend(lines);
    // Writes the request itself, because the usual test client sends `Connection: close`, and an upgrade needs its own value.
    let head = format!("GET /ws HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\n{}\r\n\r\n", all.join("\r\n"));
    first_line(address, &head).await
}

async fn first_line(address: std::net::SocketAddr, head: &str) -> u16 {
    use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).await.unwrap();
    line.split(' ').nth(1).unwrap().parse().unwrap()
}

// CKE-06
#[tokio::test]
async fn a_websocket_upgrade_by_cookie_needs_the_proof() {
    let auth = ready(Cookie.backend());
    let cookie = format!("Cookie: __Host-token={}", token(&auth));
    assert_eq!(upgrade(&auth, &[&cookie, "Sec-Fetch-Site: same-origin"]).await, 101);
    assert_eq!(upgrade(&auth, &[&cookie, "Sec-Fetch-Site: cross-site"]).await, 403);
    assert_eq!(upgrade(&auth, &[&cookie, "Origin: https://evil.test"]).await, 403);
    assert_eq!(upgrade(&auth, &[&cookie]).await, 403);
}

#[tokio::test]
async fn a_websocket_upgrade_is_guarded_like_any_request() {
    let auth = ready(OAuth2.backend());
    assert_eq!(upgrade(&auth, &[]).await, 401);
    assert_eq!(upgrade(&auth, &["Authorization: Bearer x"]).await, 401);
    assert_eq!(upgrade(&auth, &[&format!("Authorization: {}", bearer(&token(&auth)))]).await, 101);
}

//! Which pages count as the service's own, where browsers send no Fetch Metadata.

use axum::Router;
use axum::routing::{get, post};
use jwt_auth::{AuthSession, Backend, Login, LoginError, Protected};
use jwt_auth_tests::call;

use crate::fixture::{Cookie, User, alice, request, settings, token};

fn app(auth: &Backend<Cookie>) -> Protected {
    async fn sign_in(session: AuthSession<Cookie>) -> Result<Login, LoginError> {
        session.login(&alice()).await
    }
    let router = Router::new()
        .route("/open", post(sign_in))
        .route("/orders", post(|_: User| async { "ordered" }))
        .route("/ws", get(|_: User| async { "upgraded" }));
    auth.protect(router).unwrap()
}

async fn status(auth: &Backend<Cookie>, method: &str, path: &str, headers: &[(&str, &str)]) -> u16 {
    let cookie = format!("__Host-token={}", token(auth));
    let mut all = vec![("cookie", cookie.as_str())];
    all.extend(headers);
    call(&app(auth), request(method, path, &all)).await.status
}

// B1: the handshake as Chromium sends it.
#[tokio::test]
async fn a_websocket_of_the_services_own_page_opens() {
    let auth = settings(Cookie.backend()).build().unwrap();
    let upgrade = async |origin: &str, host: &str| {
        let headers = [("upgrade", "websocket"), ("connection", "Upgrade"), ("origin", origin), ("host", host)];
        status(&auth, "GET", "/ws", &headers).await
    };
    assert_eq!(upgrade("https://app.example.com", "app.example.com").await, 200);
    assert_eq!(upgrade("http://localhost:3000", "localhost:3000").await, 200);
    assert_eq!(upgrade("https://evil.example", "app.example.com").await, 403);
    assert_eq!(upgrade("http://app.example.com", "app.example.com").await, 403, "without TLS");
    assert_eq!(upgrade("null", "app.example.com").await, 403);
}

// B2
#[tokio::test]
async fn the_sign_in_and_the_forms_of_a_page_get_the_same_answer() {
    let auth = settings(Cookie.backend()).build().unwrap();
    for (origin, host, expected) in [
        ("http://192.168.1.5:3000", "192.168.1.5:3000", 403),
        ("https://shop.example.com", "shop.example.com", 200),
        ("https://evil.example", "shop.example.com", 403),
        ("https://shop.example.com", "127.0.0.1:3000", 403),
    ] {
        let headers = [("origin", origin), ("host", host)];
        let sign_in = call(&app(&auth), request("POST", "/open", &headers)).await;
        let form = status(&auth, "POST", "/orders", &headers).await;
        assert_eq!((sign_in.status, form), (expected, expected), "{origin} {host}");
        assert_eq!(sign_in.header("set-cookie").is_some(), expected == 200, "{origin} {host}");
    }
}

// B3
#[tokio::test]
async fn an_app_and_a_default_port_are_allowed_origins() {
    let auth = settings(Cookie.backend())
        .allowed_origin("https://app.example.com:443")
        .allowed_origin("capacitor://localhost")
        .allowed_origin("chrome-extension://abcdefghijklmnopabcdefghijklmnop")
        .build()
        .unwrap();
    for origin in
        ["https://app.example.com", "capacitor://localhost", "chrome-extension://abcdefghijklmnopabcdefghijklmnop"]
    {
        let headers = [("origin", origin), ("host", "api.example.com"), ("sec-fetch-site", "cross-site")];
        assert_eq!(status(&auth, "POST", "/orders", &headers).await, 200, "{origin}");
    }
    let headers = [("origin", "tauri://localhost"), ("host", "api.example.com")];
    assert_eq!(status(&auth, "POST", "/orders", &headers).await, 403);
}

// B3
#[test]
fn an_origin_that_no_browser_sends_is_an_error() {
    for never in
        ["https://app.example.com/", "wss://app.example.com", "null", "https://app.example.com:99999", "file:///"]
    {
        let allowed = settings(Cookie.backend()).allowed_origin(never).build().map(drop).unwrap_err().to_string();
        let own = settings(Cookie.backend()).own_origin(never).build().map(drop).unwrap_err().to_string();
        assert!(
            allowed.starts_with(&format!("`allowed_origin` is not an origin that browsers send: `{never}`")),
            "{allowed}"
        );
        assert!(own.starts_with(&format!("`own_origin` is not an origin that browsers send: `{never}`")), "{own}");
    }
}

#[tokio::test]
async fn a_named_origin_is_the_services_own_whatever_the_host() {
    let auth = settings(Cookie.backend()).own_origin("https://shop.example.com:443").build().unwrap();
    let form =
        async |origin: &str| status(&auth, "POST", "/orders", &[("origin", origin), ("host", "127.0.0.1:3000")]).await;
    assert_eq!(form("https://shop.example.com").await, 200);
    assert_eq!(form("http://127.0.0.1:3000").await, 403);
}

//! Runs each example as a process of its own and sends it requests over loopback. This is a test program of the package of the
//! examples, so cargo builds them for it.

mod cluster;
mod live;
mod mcp;
mod metrics;
mod providers;
mod resource_server;

use expect_test::expect;
use jwt_auth_tests::{Answer, Example, get, request};
use serde_json::json;

const OAUTH2: &str = env!("CARGO_BIN_EXE_oauth2");
const BEARER: &str = env!("CARGO_BIN_EXE_bearer");
const COOKIE: &str = env!("CARGO_BIN_EXE_cookie");
const ROLES: &str = env!("CARGO_BIN_EXE_roles");
const SEED_OAUTH2: &str = env!("CARGO_BIN_EXE_seed_oauth2");
const RESOURCE_SERVER: &str = env!("CARGO_BIN_EXE_resource_server");
const MCP: &str = env!("CARGO_BIN_EXE_mcp");
const CLUSTER: &str = env!("CARGO_BIN_EXE_cluster");

const FORM: &str = "Content-Type: application/x-www-form-urlencoded";
const JSON: &str = "Content-Type: application/json";

async fn sign_in(example: &Example, path: &str, form: &str) -> Answer {
    request(example.address, "POST", path, &[FORM], form).await
}

fn authorization(answer: &Answer) -> String {
    format!("Authorization: {}", answer.header("authorization").expect("a token"))
}

#[tokio::test]
async fn oauth2_prints_who_may_call_what_and_a_demo_user() {
    let example = Example::start(OAUTH2, 1).await;
    let printed: Vec<&str> = example.printed.iter().map(|line| line.trim_end()).collect();
    expect![[r#"
        METHOD  PATH            ACCESS
        any     /docs           open
        any     /docs/{*rest}   open
        POST    /login          open
        any     /login          open
        POST    /login_custom   open
        POST    /logout         user
        GET     /orders         scopes: read
        POST    /orders         scopes: write
        GET     /products/{id}  open
        any     /schema         open
        GET     /some-path      user
        any     (any other)     user
    "#]]
    .assert_eq(&format!("{}\n", printed[..13].join("\n")));
    assert_eq!(printed.last(), Some(&"sign in as alice with the password wonderland at /docs/"));
}

#[tokio::test]
async fn oauth2_signs_in_by_the_password_flow() {
    let example = Example::start(OAUTH2, 0).await;
    let answer = sign_in(&example, "/login", "grant_type=password&username=alice&password=wonderland&scope=read").await;
    let body = answer.json();
    assert_eq!((answer.status, &body["token_type"], &body["scope"]), (200, &json!("Bearer"), &json!("read")));
    let token = authorization(&answer);
    let user = get(example.address, "/some-path", &[&token]).await;
    assert_eq!((user.status, &user.json()["name"]), (200, &json!("alice")));
    assert_eq!(get(example.address, "/orders", &[&token]).await.status, 200);
    let refused = request(example.address, "POST", "/orders", &[&token], "").await;
    let challenge = "Bearer realm=\"https://oauth2.example\", error=\"insufficient_scope\", scope=\"write\"";
    assert_eq!((refused.status, refused.header("www-authenticate")), (403, Some(challenge)));
    let both =
        sign_in(&example, "/login", "grant_type=password&username=alice&password=wonderland&scope=read+write").await;
    assert_eq!(request(example.address, "POST", "/orders", &[&authorization(&both)], "").await.status, 201);
}

#[tokio::test]
async fn oauth2_answers_a_request_that_has_begun_before_it_stops() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut example = Example::start(OAUTH2, 0).await;
    let body = "grant_type=password&username=alice&password=wonderland";
    let (first, second) = body.split_at(20);
    let mut stream = tokio::net::TcpStream::connect(example.address).await.unwrap();
    let head = format!(
        "POST /login HTTP/1.1\r\nHost: x\r\n{FORM}\r\nExpect: 100-continue\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    // The example asks for the body, so the request has begun.
    let mut go_on = [0; 25];
    stream.read_exact(&mut go_on).await.unwrap();
    assert!(go_on.starts_with(b"HTTP/1.1 100 Continue"));
    stream.write_all(first.as_bytes()).await.unwrap();
    example.terminate();
    // Once no new connection is accepted, the example is stopping.
    while tokio::net::TcpStream::connect(example.address).await.is_ok() {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    stream.write_all(second.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("access_token"), "{answer}");
    assert_eq!(example.ended().await, Some(0));
}

// TOK-08
#[tokio::test]
async fn oauth2_answers_an_unknown_user_and_a_wrong_password_alike() {
    let example = Example::start(OAUTH2, 0).await;
    let mut wrong = sign_in(&example, "/login", "grant_type=password&username=alice&password=x").await;
    let mut unknown = sign_in(&example, "/login", "grant_type=password&username=x&password=x").await;
    for answer in [&mut wrong, &mut unknown] {
        answer.headers.retain(|(name, _)| name != "date");
    }
    assert_eq!((wrong.status, &wrong.json()["error"]), (400, &json!("invalid_grant")));
    assert_eq!(wrong, unknown);
}

// TOK-01, TOK-02
#[tokio::test]
async fn oauth2_refuses_malformed_token_requests() {
    let example = Example::start(OAUTH2, 0).await;
    let get = get(example.address, "/login", &[]).await;
    assert_eq!((get.status, get.header("allow")), (405, Some("POST")));
    let json = request(example.address, "POST", "/login", &[JSON], "{}").await;
    assert_eq!((json.status, &json.json()["error"]), (400, &json!("invalid_request")));
    let grant = sign_in(&example, "/login", "grant_type=refresh_token&refresh_token=x").await;
    assert_eq!(grant.json()["error"], "invalid_grant");
    let grant = sign_in(&example, "/login", "grant_type=client_credentials").await;
    assert_eq!(grant.json()["error"], "unsupported_grant_type");
}

#[tokio::test]
async fn oauth2_has_a_second_sign_in_with_its_own_answer() {
    let example = Example::start(OAUTH2, 0).await;
    let answer = sign_in(&example, "/login_custom", "grant_type=password&username=alice&password=wonderland").await;
    assert_eq!((answer.status, &answer.json()["name"]), (200, &json!("alice")));
    assert!(answer.header("set-cookie").is_some_and(|cookie| cookie.starts_with("__Host-token=")));
    assert_eq!(get(example.address, "/some-path", &[&authorization(&answer)]).await.status, 200);
    let json = r#"{"username":"alice","password":"wonderland"}"#;
    let answer = request(example.address, "POST", "/login_custom", &[JSON], json).await;
    assert_eq!((answer.status, &answer.json()["name"]), (200, &json!("alice")));
    let document = get(example.address, "/schema", &[]).await.json();
    let content = document["paths"]["/login_custom"]["post"]["requestBody"]["content"].as_object().expect("content");
    assert_eq!(content.keys().collect::<Vec<_>>(), ["application/json", "application/x-www-form-urlencoded"]);
}

#[tokio::test]
async fn oauth2_greets_a_signed_in_user_on_an_open_route() {
    let example = Example::start(OAUTH2, 0).await;
    assert_eq!(get(example.address, "/products/3", &[]).await.body, "Product 3 for you, stranger");
    let answer = sign_in(&example, "/login", "grant_type=password&username=alice&password=wonderland").await;
    assert_eq!(get(example.address, "/products/3", &[&authorization(&answer)]).await.body, "Product 3 for you, alice");
    assert_eq!(get(example.address, "/products/3", &["Authorization: Bearer x"]).await.status, 401);
}

// CKE-07, CKE-08
#[tokio::test]
async fn oauth2_signs_out() {
    let example = Example::start(OAUTH2, 0).await;
    let answer = sign_in(&example, "/login", "grant_type=password&username=alice&password=wonderland").await;
    let cookie = answer.header("set-cookie").and_then(|cookie| cookie.split(';').next()).expect("a cookie");
    let cookie = format!("Cookie: {cookie}");
    assert_eq!(request(example.address, "POST", "/logout", &[&cookie], "").await.status, 403);
    let out = request(example.address, "POST", "/logout", &[&cookie, "Sec-Fetch-Site: same-origin"], "").await;
    assert_eq!(out.status, 204);
    assert!(
        out.header("set-cookie")
            .is_some_and(|cookie| cookie.starts_with("__Host-token=;") && cookie.contains("Max-Age=0"))
    );
}

#[tokio::test]
async fn oauth2_serves_its_document_and_swagger_ui() {
    let example = Example::start(OAUTH2, 0).await;
    let document = get(example.address, "/schema", &[]).await;
    assert_eq!((document.status, &document.json()["paths"]["/login"]["post"]["security"]), (200, &json!([])));
    let page = get(example.address, "/docs/", &[]).await;
    assert!(page.status == 200 && page.body.contains("swagger-ui"), "{page:?}");
    assert_eq!(get(example.address, "/docs/swagger-ui.css", &[]).await.status, 200);
    assert_eq!(get(example.address, "/docs", &[]).await.header("location"), Some("/docs/"));
}

const USER: &str = r#"{"id":"5b0f6a0e-6f1e-4a3c-9d57-0a2f6a1c9b11","name":"Moishe","email":"moishe@example.com"}"#;

#[tokio::test]
async fn seed_oauth2_has_the_routes_and_answers_of_the_seed() {
    let example = Example::start(SEED_OAUTH2, 0).await;
    assert_eq!(get(example.address, "/some-path", &[]).await.status, 401);
    let login = request(example.address, "POST", "/login", &[JSON], USER).await;
    assert_eq!((login.status, &login.json()["token_type"]), (201, &json!("Bearer")));
    assert!(login.header("set-cookie").is_some());
    let custom = request(example.address, "POST", "/login_custom", &[JSON], USER).await;
    assert_eq!((custom.status, custom.json()), (201, serde_json::from_str(USER).expect("JSON")));
    let user = get(example.address, "/some-path", &[&authorization(&custom)]).await;
    assert_eq!((user.status, user.json()), (200, serde_json::from_str(USER).expect("JSON")));
    let document = get(example.address, "/schema", &[]).await.json();
    assert_eq!((&document["info"]["title"], &document["info"]["version"]), (&json!("My API"), &json!("1.0.0")));
}

#[tokio::test]
async fn bearer_has_the_routes_and_answers_of_the_seed() {
    let example = Example::start(BEARER, 0).await;
    assert_eq!(get(example.address, "/some-path", &[]).await.status, 401);
    let login = request(example.address, "POST", "/login", &[JSON], USER).await;
    assert_eq!((login.status, login.json()), (201, serde_json::from_str(USER).expect("JSON")));
    assert_eq!(login.header("set-cookie"), None);
    let user = get(example.address, "/some-path", &[&authorization(&login)]).await;
    assert_eq!((user.status, user.json()), (200, serde_json::from_str(USER).expect("JSON")));
}

#[tokio::test]
async fn roles_decide_and_a_blocked_user_is_refused() {
    let example = Example::start(ROLES, 0).await;
    let sign_in = async |name: &str| {
        let answer = request(example.address, "POST", "/login", &[JSON], &format!("\"{name}\"")).await;
        authorization(&answer)
    };
    let (alice, bob, carol) = (sign_in("alice").await, sign_in("bob").await, sign_in("carol").await);
    let articles = async |method, token: &str| request(example.address, method, "/articles", &[token], "").await;
    for (token, write, remove) in [(&alice, 200, 200), (&bob, 200, 403), (&carol, 403, 403)] {
        assert_eq!((articles("POST", token).await.status, articles("DELETE", token).await.status), (write, remove));
    }
    let refused = articles("POST", &carol).await;
    assert_eq!(
        (refused.header("content-type"), &refused.json()["status"]),
        (Some("application/problem+json"), &json!(403))
    );
    assert_eq!(articles("POST", "X: y").await.status, 401);
    assert_eq!(get(example.address, "/me", &[&sign_in("mallory").await]).await.status, 403);
}

#[tokio::test]
async fn cookie_signs_in_and_out_with_pages() {
    let example = Example::start(COOKIE, 0).await;
    let page = "Accept: text/html";
    let anonymous = get(example.address, "/", &[page]).await;
    assert_eq!((anonymous.status, anonymous.header("location")), (303, Some("/sign-in?return_to=/")));
    assert_eq!(get(example.address, "/", &[]).await.status, 401, "a call");
    assert!(get(example.address, "/sign-in", &[]).await.body.contains("<form method=\"post\""));
    assert_eq!(sign_in(&example, "/sign-in", "name=alice&password=x").await.status, 403);
    let signed_in = sign_in(&example, "/sign-in", "name=alice&password=wonderland").await;
    assert_eq!((signed_in.status, signed_in.header("location")), (303, Some("/")));
    let cookie = signed_in.header("set-cookie").and_then(|cookie| cookie.split(';').next()).expect("a cookie");
    let cookie = format!("Cookie: {cookie}");
    let home = get(example.address, "/", &[&cookie]).await;
    assert!(home.body.contains("Hello, alice") && home.body.contains("blue"), "{home:?}");
    let out = request(example.address, "POST", "/sign-out", &[&cookie, "Sec-Fetch-Site: same-origin"], "").await;
    assert_eq!((out.status, out.header("location")), (303, Some("sign-in")));
    assert!(out.header("set-cookie").is_some_and(|cookie| cookie.contains("Max-Age=0")));
    // B7, B10: a stale cookie is removed by every page that meets it, and hinders neither a sign-in nor a sign-out.
    for (method, path, to) in [("GET", "/", "/sign-in?return_to=/"), ("POST", "/sign-out", "sign-in")] {
        let lines = [&cookie, page, "Sec-Fetch-Site: same-origin"];
        let stale = request(example.address, method, path, &lines, "").await;
        assert_eq!((stale.status, stale.header("location")), (303, Some(to)), "{path}");
        assert!(stale.header("set-cookie").is_some_and(|cookie| cookie.contains("Max-Age=0")), "{path}");
    }
    let form = ["Content-Type: application/x-www-form-urlencoded", &cookie, "Sec-Fetch-Site: same-origin"];
    let again = request(example.address, "POST", "/sign-in", &form, "name=alice&password=wonderland").await;
    assert_eq!((again.status, again.header("location")), (303, Some("/")));
}

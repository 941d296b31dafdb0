//! How clients prove who they are, and what introspection answers.

use axum::Router;
use axum::routing::get;
use jwt_auth::testing::FixedClock;
use jwt_auth::{Backend, Parts, Protected, RefreshTokens, auth_backend, oauth2::Client};
use jwt_auth_tests::{Answer, call, call_with};
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;

use crate::fixture::{NOW, User, request, settings};

#[auth_backend(
    kind = "oauth2",
    user = User,
    authenticate = check_password,
    retrieve_user = find_user,
    token_url = "/token",
    revoke_url = "/revoke",
    introspect_url = "/introspect",
    scopes(read = "Read", write = "Write"),
)]
struct Auth;

fn check_password(_: &Auth, username: &str, password: &str, _: &Parts) -> Option<User> {
    (password == "wonderland").then(|| User { id: if username == "gone" { 8 } else { 7 }, name: username.into() })
}

fn find_user(_: &Auth, token: &jwt_auth::Token, _: &Parts) -> Option<User> {
    (token.subject() == "7").then(|| User { id: 7, name: "alice".into() })
}

const SECRET: &str = "a+secret/of 22 or more%=";

fn clients() -> [Client; 3] {
    [
        Client::public("pages"),
        Client::confidential("batch: one", SECRET).scopes(["read"]),
        Client::confidential("reports", "another-secret-of-reports"),
    ]
}

struct Service {
    auth: Backend<Auth>,
    app: Protected,
    clock: FixedClock,
}

fn service() -> Service {
    let clock = FixedClock::at(NOW);
    let builder = settings(Auth.backend()).clock(clock.clone()).refresh_tokens(RefreshTokens::new());
    let auth = clients().into_iter().fold(builder, jwt_auth::Builder::client).build().unwrap();
    let app = auth.protect(Router::new().route("/me", get(|_: User| async {}))).unwrap();
    Service { auth, app, clock }
}

const GOOD: &str = "grant_type=password&username=alice&password=wonderland";

async fn post(app: &Protected, path: &str, authorization: &[&str], form: &str) -> Answer {
    let mut headers = vec![("content-type", "application/x-www-form-urlencoded")];
    headers.extend(authorization.iter().map(|value| ("authorization", *value)));
    let mut request = request("POST", path, &headers);
    *request.body_mut() = form.to_owned().into();
    call(app, request).await
}

fn basic(text: &str) -> String {
    use base64::Engine;
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(text))
}

fn reports() -> String {
    basic("reports:another-secret-of-reports")
}

// TOK-07
#[tokio::test]
async fn a_client_proves_who_it_is_in_one_way() {
    let Service { app, auth, .. } = service();
    let encoded = "client_id=batch%3A+one&client_secret=a%2Bsecret%2Fof+22+or+more%25%3D";
    // With the encoding of RFC 6749 section 2.3.1, which a colon in the id needs.
    let by_basic = basic("batch%3A+one:a%2Bsecret%2Fof+22+or+more%25%3D");
    for (headers, more) in [
        (vec![by_basic.as_str()], String::new()),
        (vec![&by_basic], "&client_id=batch%3A+one".into()),
        (vec![], format!("&{encoded}")),
        (vec!["Bearer x"], format!("&{encoded}")),
    ] {
        let answer = post(&app, "/token", &headers, &format!("{GOOD}{more}")).await;
        assert_eq!(answer.status, 200, "{headers:?} {more}");
        let token = answer.json()["access_token"].as_str().unwrap().to_owned();
        assert_eq!(auth.verified(&token).unwrap().client_id(), Some("batch: one"));
    }
    // Without that encoding, as RFC 7617 specifies and most clients send it.
    assert_eq!(post(&app, "/token", &[&reports()], GOOD).await.status, 200);
    assert_eq!(post(&app, "/token", &[&reports().replace("Basic", "bAsIc")], GOOD).await.status, 200);
    for (headers, more) in [
        (vec![by_basic.as_str()], format!("&{encoded}")),
        (vec![&by_basic], "&client_id=reports".into()),
        (vec![&by_basic, &by_basic], String::new()),
        (vec![], "&client_id=pages&client_id=pages".into()),
        (vec![], "&client_id=a%0ab".into()),
    ] {
        let answer = post(&app, "/token", &headers, &format!("{GOOD}{more}")).await;
        assert_eq!((answer.status, &answer.json()["error"]), (400, &json!("invalid_request")), "{headers:?} {more}");
    }
}

// TOK-06, TOK-07
#[tokio::test]
async fn a_client_without_its_secret_is_refused_with_a_challenge() {
    let Service { app, .. } = service();
    let in_path = "/token?client_id=reports&client_secret=another-secret-of-reports";
    for (path, headers, more) in [
        ("/token", vec![], ""),
        ("/token", vec![], "&client_id=unknown"),
        ("/token", vec![], "&client_id=reports"),
        ("/token", vec![], "&client_id=reports&client_secret="),
        ("/token", vec![], "&client_id=reports&client_secret=wrong"),
        ("/token", vec![], "&client_id=pages&client_secret=wrong"),
        ("/token", vec![basic("reports:wrong")], ""),
        ("/token", vec![basic("reports:")], ""),
        ("/token", vec![basic("reports")], ""),
        ("/token", vec![basic("pages:another-secret-of-reports")], ""),
        ("/token", vec!["Basic !".to_owned()], ""),
        ("/token", vec!["Basic".to_owned()], ""),
        ("/token", vec!["Basic /w==".to_owned()], ""),
        (in_path, vec![], ""),
    ] {
        let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
        for body in [GOOD, "grant_type=refresh_token&refresh_token=x"] {
            let answer = post(&app, path, &headers, &format!("{body}{more}")).await;
            assert_eq!((answer.status, answer.json()), (401, json!({"error": "invalid_client"})), "{headers:?} {more}");
            assert_eq!(answer.header("www-authenticate"), Some("Basic realm=\"clients\", charset=\"UTF-8\""));
            assert_eq!(answer.header("cache-control"), Some("no-store"));
        }
    }
    for public in ["&client_id=pages", "&client_id=pages&client_secret="] {
        assert_eq!(post(&app, "/token", &[], &format!("{GOOD}{public}")).await.status, 200);
    }
    assert_eq!(post(&app, "/token", &[&basic("pages:")], GOOD).await.status, 200);
}

// TOK-11, REF-07
#[tokio::test]
async fn a_client_gets_the_scopes_it_may_have_and_its_own_sessions() {
    let Service { app, .. } = service();
    let batch = basic("batch%3A+one:a%2Bsecret%2Fof+22+or+more%25%3D");
    let granted = post(&app, "/token", &[&batch], &format!("{GOOD}&scope=read+write")).await.json();
    assert_eq!(granted["scope"], json!("read"));
    let none = post(&app, "/token", &[&batch], &format!("{GOOD}&scope=write")).await;
    assert_eq!(none.json()["error"], json!("invalid_scope"));
    let refresh = format!("grant_type=refresh_token&refresh_token={}", granted["refresh_token"].as_str().unwrap());
    let other = post(&app, "/token", &[&reports()], &refresh).await;
    assert_eq!((other.status, other.json()), (400, json!({"error": "invalid_grant"})));
    assert_eq!(post(&app, "/token", &[&batch], &refresh).await.json()["scope"], json!("read"));
}

async fn introspected(app: &Protected, token: &str) -> Value {
    let answer = post(app, "/introspect", &[&reports()], &format!("token={token}&token_type_hint=nonsense")).await;
    assert_eq!((answer.status, answer.header("cache-control")), (200, Some("no-store")));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    answer.json()
}

// REV-02, and RFC 7662
#[tokio::test]
async fn introspection_says_what_the_guard_would() {
    let Service { app, auth, clock } = service();
    let granted = post(&app, "/token", &[&reports()], &format!("{GOOD}&scope=read")).await.json();
    let text = |name: &str| granted[name].as_str().unwrap().to_owned();
    let (access, refresh) = (text("access_token"), text("refresh_token"));
    let mut answer = introspected(&app, &access).await;
    let id = answer.as_object_mut().unwrap().remove("jti").unwrap();
    assert_eq!(id.as_str(), auth.verified(&access).unwrap().jwt_id());
    let expected = json!({
        "active": true, "token_type": "Bearer", "iss": "https://issuer.test", "sub": "7", "aud": ["https://issuer.test"],
        "exp": NOW + 3600, "iat": NOW, "scope": "read", "client_id": "reports",
    });
    assert_eq!(answer, expected, "and no claim of the application's own");
    let inactive = json!({ "active": false });
    let gone = post(&app, "/token", &[&reports()], &GOOD.replace("alice", "gone")).await.json();
    for token in ["x", "a.b.c", &refresh, gone["access_token"].as_str().unwrap()] {
        assert_eq!(introspected(&app, token).await, inactive, "{token}");
    }
    auth.revoke(&auth.verified(&access).unwrap()).await.unwrap();
    assert_eq!(introspected(&app, &access).await, inactive, "revoked");
    let later = post(&app, "/token", &[&reports()], GOOD).await.json()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(introspected(&app, &later).await["active"], json!(true));
    clock.advance(std::time::Duration::from_secs(3_600));
    assert_eq!(introspected(&app, &later).await, inactive, "expired");
}

#[tokio::test]
async fn introspection_is_for_clients_that_prove_who_they_are() {
    let Service { app, .. } = service();
    for headers in [vec![], vec![basic("pages:")], vec!["Bearer x".into()]] {
        let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
        for form in ["token=x", "token=x&client_id=pages", "client_id=pages"] {
            assert_eq!(post(&app, "/introspect", &headers, form).await.status, 401, "{headers:?} {form}");
        }
    }
    assert_eq!(post(&app, "/introspect", &[&reports()], "").await.status, 400);
    assert_eq!(call(&app, request("GET", "/introspect?token=x", &[])).await.status, 405);
    let error = settings(Auth.backend()).client(Client::public("pages")).build().map(drop).unwrap_err().to_string();
    assert!(error.contains("`introspect_url`") && error.contains("Client::confidential"), "{error}");
}

#[test]
fn impossible_clients_are_errors_of_build() {
    let build =
        |client: Client| settings(Auth.backend()).client(client).client(Client::confidential("x", SECRET)).build();
    for (client, says) in [
        (Client::public(""), "1 to 255"),
        (Client::public("a\nb"), "1 to 255"),
        (Client::public("a".repeat(256)), "1 to 255"),
        (Client::public("x"), "`x` is named twice"),
        (Client::confidential("short", "a".repeat(21)), "openssl rand"),
        (Client::public("scoped").scopes(["admin"]), "`admin`"),
    ] {
        let error = build(client).map(drop).unwrap_err().to_string();
        assert!(error.contains("`client`") && error.contains(says), "{error}");
    }
    assert!(build(Client::confidential("enough", "a".repeat(22))).is_ok());
    assert!(!format!("{:?}", Client::confidential("id", SECRET)).contains("secret"));
}

#[test]
fn the_document_names_the_endpoints_and_how_clients_prove_themselves() {
    let builder = settings(Auth.backend()).refresh_tokens(RefreshTokens::new());
    let auth = clients().into_iter().fold(builder, jwt_auth::Builder::client).build().unwrap();
    let json = serde_json::to_value(auth.protect(OpenApiRouter::new()).unwrap().1).unwrap();
    assert_eq!(json["components"]["securitySchemes"]["AuthClient"]["scheme"], json!("basic"));
    for path in ["/token", "/revoke", "/introspect"] {
        let operation = &json["paths"][path]["post"];
        assert_eq!(operation["security"], json!([{ "AuthClient": [] }, {}]), "{path}");
        assert!(operation["responses"]["401"].is_object() && operation["responses"]["503"].is_object(), "{path}");
    }
}

// TOK-13
#[tokio::test]
async fn the_endpoints_give_nothing_to_pages_of_another_origin() {
    let Service { app, .. } = service();
    let headers = [("origin", "https://evil.test"), ("content-type", "application/x-www-form-urlencoded")];
    for path in ["/token", "/revoke", "/introspect"] {
        for method in ["POST", "OPTIONS"] {
            let answer = call(&app, request(method, path, &headers)).await;
            let cors = answer.headers.iter().find(|(name, _)| name.starts_with("access-control-"));
            assert!(cors.is_none() && !(300..400).contains(&answer.status), "{method} {path}: {answer:?}");
        }
    }
    assert_eq!(call_with(&app, "x").await.0, 401);
}

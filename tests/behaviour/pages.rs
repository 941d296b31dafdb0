//! Pages are sent to the sign-in, and calls are refused.

use axum::Router;
use axum::response::IntoResponse;
use axum::routing::get;
use jwt_auth::{AuthSession, LoginError, Protected, ReturnTo, auth_backend};
use jwt_auth_tests::{Answer, call};

use crate::fixture::{PLAIN, User, alice, request, settings};

#[auth_backend(kind = "cookie", user = User, scopes(admin = "Everything"), exclude = ["/sign-in", "/open"])]
struct Pages;

async fn sign_in(session: AuthSession<Pages>, back: ReturnTo) -> Result<impl IntoResponse, LoginError> {
    Ok((session.login(&alice()).await?, back.or("/home")))
}

fn app(prefix: &str) -> Protected {
    let auth = settings(Pages.backend()).sign_in_page("/sign-in").public_prefix(prefix);
    let auth = auth
        .rejection_response(|rejection, request| (rejection.status(), format!("{} {}", request.method, request.uri)));
    let auth = auth.build().unwrap();
    let orders = Router::new().route("/{id}", get(|_: User| async { "order" }).post(|_: User| async {}));
    let router = Router::new()
        .route("/sign-in", get(|| async { "form" }).post(sign_in))
        .route("/open", get(|_: User| async {}))
        .route("/admin", get(|_: jwt_auth::Require<pages::Admin>| async {}))
        .route(
            "/panic",
            get(|| async {
                if true {
                    panic!("a bug of the application")
                }
            }),
        )
        .nest("/orders", orders);
    auth.protect(router).unwrap()
}

const PAGE: [(&str, &str); 2] = [("sec-fetch-mode", "navigate"), ("accept", "text/html,*/*;q=0.8")];

async fn page(app: &Protected, path: &str) -> Answer {
    call(app, request("GET", path, &PAGE)).await
}

#[tokio::test]
async fn a_page_is_sent_to_the_sign_in_and_a_call_is_refused() {
    let app = app("");
    let answer = page(&app, "/orders/7?sort=a%20b&x=1").await;
    assert_eq!(answer.status, 303);
    assert_eq!(answer.header("location"), Some("/sign-in?return_to=/orders/7%3Fsort%3Da%2520b%26x%3D1"));
    assert_eq!((answer.header("www-authenticate"), answer.header("cache-control")), (None, Some("no-store")));
    // Over plain HTTP browsers do not say what they load.
    assert_eq!(call(&app, request("GET", "/orders/7", &PAGE[1..])).await.status, 303);
    let answer = call(&app, request("GET", "/orders/7", &[("sec-fetch-mode", "cors"), ("accept", "*/*")])).await;
    assert_eq!((answer.status, answer.body.as_str()), (401, "GET /orders/7"));
    assert_eq!(answer.header("www-authenticate"), Some(PLAIN));
    // A form that is sent again would do something else than the user wanted.
    let answer = call(&app, request("POST", "/orders/7", &PAGE)).await;
    assert_eq!((answer.status, answer.header("location")), (303, Some("/sign-in")));
    // An extractor on an open route refuses too.
    assert_eq!(page(&app, "/open").await.header("location"), Some("/sign-in?return_to=/open"));
}

#[tokio::test]
async fn a_refusal_that_a_sign_in_does_not_help_is_no_redirect() {
    let app = app("");
    let auth = settings(Pages.backend()).build().unwrap();
    let cookie = format!("__Host-token={}", auth.create_token(&alice()).unwrap());
    for (path, status) in [("/admin", 403), ("/panic", 500)] {
        let mut headers = PAGE.to_vec();
        headers.push(("cookie", &cookie));
        let answer = call(&app, request("GET", path, &headers)).await;
        assert_eq!((answer.status, answer.body), (status, format!("GET {path}")));
    }
}

async fn after_sign_in(app: &Protected, query: &str) -> String {
    let answer = call(app, request("POST", &format!("/sign-in{query}"), &[("sec-fetch-site", "same-origin")])).await;
    assert!(answer.header("set-cookie").is_some());
    answer.header("location").unwrap().to_owned()
}

#[tokio::test]
async fn the_sign_in_leads_back_to_the_page() {
    let app = app("");
    for path in ["/orders/7?sort=a%20b&x=1", "/", "/orders/a%2Fb", "/orders/7?x=%26return_to%3D%2F"] {
        let to = page(&app, path).await.header("location").unwrap().to_owned();
        assert_eq!(after_sign_in(&app, to.strip_prefix("/sign-in").unwrap()).await, path);
    }
    assert_eq!(after_sign_in(&app, "").await, "/home");
}

#[tokio::test]
async fn the_sign_in_leads_to_no_other_site() {
    let app = app("");
    for elsewhere in [
        "https://evil.example",
        "//evil.example",
        "/%5Cevil.example",
        "%5C%5Cevil.example",
        "/%09/evil.example",
        "%2F%0A%2Fevil.example",
        "/..//evil.example",
        "javascript:alert(1)",
        "evil.example",
        "",
        "/a&return_to=/b",
        "/%0d%0aset-cookie:x=y",
        "/%00",
        "/%FF",
    ] {
        assert_eq!(after_sign_in(&app, &format!("?return_to={elsewhere}")).await, "/home", "{elsewhere}");
    }
    let long = format!("?return_to=/{}", "a".repeat(3_000));
    assert_eq!(after_sign_in(&app, &long).await, "/home");
}

// B4
#[tokio::test]
async fn redirects_name_the_path_that_browsers_see() {
    let app = app("/shop");
    let to = page(&app, "/orders/7").await.header("location").unwrap().to_owned();
    assert_eq!(to, "/shop/sign-in?return_to=/shop/orders/7");
    assert_eq!(after_sign_in(&app, to.strip_prefix("/shop/sign-in").unwrap()).await, "/shop/orders/7");
    assert_eq!(after_sign_in(&app, "").await, "/shop/home");
    // An outer router takes the prefix off.
    let outer = Router::new().nest_service("/shop", app);
    let answer = call(&outer, request("GET", "/shop/orders/7", &PAGE)).await;
    assert_eq!(answer.header("location"), Some("/shop/sign-in?return_to=/shop/orders/7"));
}

// The cookie of another service of the host is refused and stays, so a redirect to the page would not end.
#[tokio::test]
async fn a_refusal_of_the_sign_in_page_itself_is_no_redirect() {
    let auth = settings(Pages.backend()).sign_in_page("/sign-in").build().unwrap();
    let greets = |user: Option<User>| async move { user.map(|user| user.name).unwrap_or_default() };
    let app = auth.protect(Router::new().route("/sign-in", get(greets))).unwrap();
    let other = Pages.backend().keys(jwt_auth::Keys::hs256_ephemeral().unwrap()).issuer("https://other.test");
    let other = other.clock(|| crate::fixture::NOW).build().unwrap();
    let cookie = format!("__Host-token={}", other.create_token(&alice()).unwrap());
    let mut headers = PAGE.to_vec();
    headers.push(("cookie", &cookie));
    let answer = call(&app, request("GET", "/sign-in", &headers)).await;
    assert_eq!((answer.status, answer.header("set-cookie")), (401, None));
    let answer = call(&app, request("GET", "/", &headers)).await;
    assert_eq!((answer.status, answer.header("location")), (303, Some("/sign-in?return_to=/")));
}

#[test]
fn a_sign_in_page_that_is_not_open_is_an_error() {
    let wrong = |path: &str| settings(Pages.backend()).sign_in_page(path).build().map(drop).unwrap_err().to_string();
    assert_eq!(
        wrong("/login"),
        "`sign_in_page`: `/login` is not open, so the redirect to it would never end; add `\"/login\"` to `exclude`"
    );
    assert!(wrong("sign-in").starts_with("`sign_in_page` is not a plain path: `sign-in`"));
}

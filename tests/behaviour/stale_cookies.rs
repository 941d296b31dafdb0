//! Cookies that are no longer good: they never need a user's hand.

use std::time::Duration;

use axum::Router;
use axum::routing::{get, post};
use jwt_auth::testing::FixedClock;
use jwt_auth::{AuthBackend, AuthSession, Backend, Builder, Keys, Protected, RefreshTokens, auth_backend};
use jwt_auth_tests::{Answer, call};

use crate::fixture::{NOW, OAuth2, User, alice, bearer, request, settings, token};

#[auth_backend(
    kind = "cookie",
    user = User,
    cookie(name = "token"),
    exclude = ["/open", "/greet", "/sign-in", "/open-sign-out"],
)]
struct Pages;

#[auth_backend(kind = "cookie", user = User, cookie(name = "token"), refresh_url = "/refresh", exclude = ["/sign-in"])]
struct Renewed;

const OTHER_SECRET: &str = "Zk8sQ2nV5xB1mR7tL4yC9wE3uJ6hD0gPaFqTzXvNbKs";
const OWN: (&str, &str) = ("sec-fetch-site", "same-origin");

fn app<A: AuthBackend<User = User>>(auth: &Backend<A>) -> Protected {
    let sign_in = |session: AuthSession<A>| async move { session.login(&alice()).await };
    let sign_out = |session: AuthSession<A>| async move { session.logout().await };
    let greet = |user: Option<User>| async move { user.map_or("stranger".to_owned(), |user| user.name) };
    let router = Router::new()
        .route("/me", get(|user: User| async move { user.name }).post(|user: User| async move { user.name }))
        .route("/greet", get(greet))
        .route("/sign-in", post(sign_in))
        .route("/sign-out", post(sign_out))
        .route("/open-sign-out", post(sign_out));
    auth.protect(router).unwrap()
}

async fn send(app: &Protected, method: &str, path: &str, cookie: &str) -> Answer {
    call(app, request(method, path, &[OWN, ("host", "www.example.com"), ("cookie", cookie)])).await
}

/// The `Set-Cookie` headers.
fn set_cookies(answer: &Answer) -> Vec<&str> {
    answer.headers.iter().filter(|(name, _)| name == "set-cookie").map(|(_, value)| value.as_str()).collect()
}

/// Whether the answer removes the cookie of every place that a browser may have sent it from, and nothing else.
fn removes_all(answer: &Answer) -> bool {
    let set = set_cookies(answer);
    let removes =
        |path: &str, domain: &str| set.iter().any(|line| line.contains(&format!("; Path={path}{domain}; Max-Age=0")));
    assert!(set.len() <= 17 && set.iter().all(|line| line.starts_with("token=; ")), "{set:#?}");
    let domains = ["", "; Domain=www.example.com", "; Domain=example.com"];
    domains.iter().all(|domain| removes("/", domain))
}

fn ready<A: AuthBackend>(builder: Builder<A>) -> Backend<A> {
    settings(builder).build().unwrap()
}

/// A token that a backend with other settings has issued.
fn issued(set: impl FnOnce(Builder<Pages>) -> Builder<Pages>) -> String {
    token(&set(settings(Pages.backend())).build().unwrap())
}

// B10
#[tokio::test]
async fn a_refusal_that_rests_on_the_cookie_removes_it() {
    let auth = ready(Pages.backend());
    let revoked = token(&auth);
    auth.revoke(&auth.verify(&revoked).await.unwrap().token).await.unwrap();
    let bad = [
        ("expired", issued(|builder| builder.clock(|| NOW - 7_200))),
        ("of another key", issued(|builder| builder.keys(Keys::hs256(OTHER_SECRET).unwrap()))),
        ("revoked", revoked),
        ("unreadable", "hello".to_owned()),
        ("empty", String::new()),
    ];
    let app = app(&auth);
    for (what, token) in bad {
        let answer = send(&app, "GET", "/me", &format!("token={token}")).await;
        // A text that is no token may be another service's, so only the cookie of this deployment's own place is removed.
        let removes = |answer: &Answer| match what {
            "unreadable" | "empty" => {
                set_cookies(answer).len() == 1 && set_cookies(answer)[0].contains("; Path=/; Max-Age=0")
            }
            _ => removes_all(answer),
        };
        assert!(answer.status == 401 && removes(&answer), "{what}: {answer:?}");
        // An open route that greets its users does not keep the browser locked out either.
        let answer = send(&app, "GET", "/greet", &format!("token={token}")).await;
        assert!(answer.status == 401 && removes(&answer), "{what}: {answer:?}");
        assert_eq!(send(&app, "GET", "/greet", "").await.body, "stranger");
        // B7: nobody has to remove it by hand.
        for path in ["/sign-in", "/open-sign-out"] {
            let answer = send(&app, "POST", path, &format!("token={token}")).await;
            assert!(answer.status < 300 && set_cookies(&answer).len() > 1, "{what}: {answer:?}");
        }
    }
}

// B10
#[tokio::test]
async fn a_cookie_that_somebody_can_still_use_stays() {
    let auth = ready(Pages.backend());
    let app = app(&auth);
    let good = token(&auth);
    let cases = [
        ("of another issuer", issued(|builder| builder.issuer("https://other.test"))),
        ("for another audience", issued(|builder| builder.audience("orders"))),
        ("good later", auth.new_token(&alice()).not_before(NOW as u64 + 60).sign().unwrap()),
    ];
    for (what, token) in cases {
        let answer = send(&app, "GET", "/me", &format!("token={token}")).await;
        assert_eq!((answer.status, set_cookies(&answer).len()), (401, 0), "{what}");
    }
    // The refusal does not rest on the cookie.
    let cookie = format!("token={good}");
    let cross_site = [("sec-fetch-site", "cross-site"), ("cookie", cookie.as_str())];
    let answer = call(&app, request("POST", "/me", &cross_site)).await;
    assert_eq!((answer.status, set_cookies(&answer).len()), (403, 0));
    assert_eq!(set_cookies(&send(&app, "GET", "/me", "").await).len(), 0);
    assert_eq!(set_cookies(&send(&app, "GET", "/me", "other=x; token2=y").await).len(), 0);
    // A page of another site must not sign anybody out: it cannot have the cookies removed.
    let twice = format!("token={good}; token=x");
    let answer = call(&app, request("POST", "/me", &[cross_site[0], ("cookie", &twice)])).await;
    assert_eq!((answer.status, set_cookies(&answer).len()), (400, 0));
}

// B10, BRR-04
#[tokio::test]
async fn a_bad_header_removes_no_cookie() {
    let auth = ready(OAuth2.backend());
    let app = app(&auth);
    let cookie = format!("__Host-token={}", token(&auth));
    let headers = [("authorization", &*bearer("a.b.c")), ("cookie", &cookie)];
    let answer = call(&app, request("GET", "/me", &headers)).await;
    assert_eq!((answer.status, set_cookies(&answer).len()), (401, 0));
    // A `__Host-` name has one place only.
    let answer = call(&app, request("GET", "/me", &[("cookie", "__Host-token=a.b.c")])).await;
    assert_eq!((answer.status, set_cookies(&answer).len()), (401, 1));
}

// B10, ONE-05
#[tokio::test]
async fn an_expired_cookie_of_a_session_that_can_be_renewed_stays() {
    let clock = FixedClock::at(NOW);
    let builder = settings(Renewed.backend()).clock(clock.clone()).lifetime(Duration::from_secs(600));
    let auth = builder.refresh_tokens(RefreshTokens::new()).build().unwrap();
    let app = app(&auth);
    let cookie = format!("token={}", token(&auth));
    clock.advance(Duration::from_secs(601));
    let answer = send(&app, "GET", "/me", &cookie).await;
    assert_eq!((answer.status, set_cookies(&answer).len()), (401, 0));
    assert!(!set_cookies(&send(&app, "GET", "/me", "token=x").await).is_empty());
    // A refresh cookie that is repeated is removed as well, with every path and domain.
    let answer = send(&app, "POST", "/refresh", "__Secure-token-refresh=a; __Secure-token-refresh=b").await;
    let removed = set_cookies(&answer);
    assert!(answer.status == 400 && removed.len() > 3, "{answer:?}");
    assert!(removed.iter().all(|line| line.starts_with("__Secure-token-refresh=; ")), "{removed:#?}");
    assert!(removed.iter().any(|line| line.contains("Path=/refresh; Max-Age=0")), "{removed:#?}");
    assert!(removed.iter().any(|line| line.contains("Path=/; Domain=example.com")), "{removed:#?}");
}

/// A token of alice that is this many seconds old.
fn aged<A: AuthBackend<User = User>>(builder: Builder<A>, seconds: i64) -> String {
    token(&settings(builder).clock(move || NOW - seconds).build().unwrap())
}

// B7, CKE-03
#[tokio::test]
async fn a_sign_out_with_several_cookies_ends_every_session_and_removes_every_cookie() {
    for path in ["/sign-out", "/open-sign-out"] {
        let auth = ready(Pages.backend());
        let app = app(&auth);
        let (old, new) = (aged(Pages.backend(), 60), token(&auth));
        let expired = aged(Pages.backend(), 7_200);
        let cookies = format!("token={old}; token={new}; token={expired}; token=x; token=x");
        let answer = send(&app, "POST", path, &cookies).await;
        assert!(answer.status == 204 && removes_all(&answer), "{path}: {answer:?}");
        for token in [old, new] {
            assert_eq!(send(&app, "GET", "/me", &format!("token={token}")).await.status, 401, "{path}");
        }
    }
}

// B7, CKE-03
#[tokio::test]
async fn an_own_page_may_act_with_several_cookies_of_one_user() {
    let auth = ready(Pages.backend());
    let app = app(&auth);
    let (old, new) = (aged(Pages.backend(), 60), token(&auth));
    let other = auth.create_token(&User { id: 8, name: "bob".into() }).unwrap();
    let renamed = User { name: "new name".into(), ..alice() };
    let renamed = settings(Pages.backend()).clock(|| NOW + 1).build().unwrap().create_token(&renamed).unwrap();
    let act = async |cookies: &str| send(&app, "POST", "/me", cookies).await;
    assert_eq!(act(&format!("token={old}; token={new}")).await.body, "alice");
    assert_eq!(act(&format!("token=x; token={new}; token=a.b.c")).await.body, "alice");
    // The newest one counts, in whatever order the browser sends them.
    for cookies in [format!("token={renamed}; token={old}"), format!("token={old}; token={renamed}")] {
        assert_eq!(act(&cookies).await.body, "new name");
    }
    let refused = [
        ("two users", format!("token={new}; token={other}")),
        ("none is valid", "token=a.b.c; token=x".to_owned()),
        ("too many", (0..9).fold(format!("token={new}"), |all, number| format!("{all}; token={number}"))),
    ];
    for (what, cookies) in refused {
        let answer = act(&cookies).await;
        assert!(answer.status == 400 && removes_all(&answer), "{what}: {answer:?}");
    }
    // A safe request stays refused; with the removal, the next one works.
    for path in ["/me", "/greet"] {
        let answer = send(&app, "GET", path, &format!("token={old}; token={new}")).await;
        assert!(answer.status == 400 && removes_all(&answer), "{path}: {answer:?}");
    }
    // Without the proof that an own page has sent it, the cookies count for nothing.
    let cookies = format!("token={old}; token={new}");
    let answer = call(&app, request("POST", "/me", &[("cookie", &cookies)])).await;
    assert_eq!((answer.status, set_cookies(&answer).len()), (400, 0));
    // A revoked one is not valid.
    auth.revoke(&auth.verify(&old).await.unwrap().token).await.unwrap();
    assert_eq!(act(&format!("token={old}; token={new}")).await.body, "alice");
    assert_eq!(act(&format!("token={old}; token=x")).await.status, 400);
}

// B7
#[tokio::test]
async fn a_sign_in_leaves_one_cookie() {
    let auth = ready(Pages.backend());
    let app = app(&auth);
    let (old, new) = (aged(Pages.backend(), 60), token(&auth));
    let answer = send(&app, "POST", "/sign-in", &format!("token={old}; token={new}")).await;
    let set = set_cookies(&answer);
    let (last, removed) = set.split_last().unwrap();
    assert!(answer.status == 200 && last.starts_with("token=ey"), "{set:#?}");
    // The removals come first, and none of them names the place of the new cookie.
    assert!(removed.len() > 3 && removed.iter().all(|line| line.starts_with("token=; ")), "{set:#?}");
    assert!(removed.iter().all(|line| !line.ends_with("; Path=/; Max-Age=0")), "{set:#?}");
    assert!(removed.iter().any(|line| line.ends_with("; Path=/; Domain=www.example.com; Max-Age=0")), "{set:#?}");
    assert!(removed.iter().any(|line| line.ends_with("; Path=/sign-in; Max-Age=0")), "{set:#?}");
    for token in [old, new] {
        assert_eq!(send(&app, "GET", "/me", &format!("token={token}")).await.status, 401);
    }
    // A first sign-in removes nothing.
    assert_eq!(set_cookies(&send(&app, "POST", "/sign-in", "").await).len(), 1);
}

// B7
#[tokio::test]
async fn the_paths_of_the_removed_cookies_are_those_that_the_browser_knows() {
    let auth = ready(Pages.backend());
    let outer = Router::new().nest_service("/shop", Router::new().fallback_service(app(&auth)));
    let headers = [OWN, ("host", "www.example.com"), ("cookie", "token=x; token=y")];
    let answer = call(&outer, request("GET", "/shop/me", &headers)).await;
    let set = set_cookies(&answer);
    for path in ["/", "/shop", "/shop/me"] {
        assert!(
            set.iter().any(|line| line.ends_with(&format!("; Path={path}; Max-Age=0"))
                || line.contains(&format!("; Path={path}; Max-Age=0"))),
            "{path}: {set:#?}"
        );
    }
}

#[auth_backend(kind = "oauth2", user = User, token_url = "/login", cookie = false, exclude = ["/open", "/sign-in", "/open-sign-out", "/greet"])]
struct HeaderOnly;

#[auth_backend(kind = "oauth2", user = User, token_url = "/login", cookie = false)]
struct Documented;

// No id: a backend that only reads the header has nothing to do with cookies.
#[tokio::test]
async fn without_a_cookie_none_is_set_read_or_documented() {
    let auth = ready(HeaderOnly.backend());
    let app = app(&auth);
    let signed_in = send(&app, "POST", "/sign-in", "").await;
    assert_eq!((signed_in.status, set_cookies(&signed_in).len()), (200, 0));
    let token = signed_in.json()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(call(&app, request("GET", "/me", &[("authorization", &bearer(&token))])).await.body, "alice");
    let answer = send(&app, "GET", "/me", &format!("__Host-token={token}")).await;
    assert_eq!((answer.status, set_cookies(&answer).len()), (401, 0));
    assert_eq!(send(&app, "GET", "/greet", "__Host-token=x; __Host-token=y").await.body, "stranger");
    assert_eq!(set_cookies(&send(&app, "POST", "/open-sign-out", "__Host-token=x").await).len(), 0);
    let (_, document) = ready(Documented.backend()).protect(utoipa_axum::router::OpenApiRouter::new()).unwrap();
    let document = serde_json::to_value(&document).unwrap();
    let schemes = document["components"]["securitySchemes"].as_object().unwrap();
    assert_eq!(schemes.keys().collect::<Vec<_>>(), ["Documented"]);
}

// B13
#[test]
fn the_document_names_the_cookie_of_the_deployment() {
    let name = |builder: Builder<OAuth2>| {
        let router = crate::fixture::with_open_routes(utoipa_axum::router::OpenApiRouter::new());
        let (_, document) = settings(builder).build().unwrap().protect(router).unwrap();
        let document = serde_json::to_value(&document).unwrap();
        document["components"]["securitySchemes"]["OAuth2Cookie"]["name"].as_str().unwrap().to_owned()
    };
    assert_eq!(name(OAuth2.backend()), "__Host-token");
    assert_eq!(name(OAuth2.backend().insecure_cookie()), "token");
    assert_eq!(name(OAuth2.backend().cookie_domain("example.com")), "__Secure-token");
    assert_eq!(name(OAuth2.backend().cookie_name("shop")), "shop");
}

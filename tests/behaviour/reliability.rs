//! Callbacks and handlers that panic, answers that must not be cached, and the metadata of a resource.

use std::time::Duration;

use axum::Router;
use axum::routing::get;
use jwt_auth::{Issuer, Parts, RejectionReason, Token, auth_backend};
use jwt_auth_tests::{call, call_with, serve};

use crate::fixture::{Bearer, OAuth2, User, alice, bearer, ready, request, settings, token};

#[auth_backend(kind = "bearer", user = User, retrieve_user = find, revoked = is_revoked, exclude = ["/open"])]
struct Panicking {
    lookup: bool,
}

fn find(auth: &Panicking, _: &Token, _: &Parts) -> Option<User> {
    assert!(!auth.lookup, "a bug of the application");
    Some(alice())
}

async fn is_revoked(auth: &Panicking, _: &Token) -> bool {
    assert!(auth.lookup, "another bug of the application");
    false
}

// REL-02
#[tokio::test]
async fn a_callback_that_panics_is_a_500() {
    for (lookup, what) in [(true, "`retrieve_user`"), (false, "`revoked`")] {
        let auth = ready(Panicking { lookup }.backend());
        let app = auth.protect(Router::new().route("/me", get(|| async { "in" }))).unwrap();
        let (status, reason) = call_with(&app, &token(&auth)).await;
        assert_eq!((status, reason), (500, Some(RejectionReason::Panicked(what))));
    }
}

// REL-02
#[tokio::test]
async fn a_handler_that_panics_is_a_500_and_the_server_goes_on() {
    let auth = ready(Bearer.backend());
    let panics = |user: User| async move {
        assert!(user.name.is_empty(), "a bug of the handler");
    };
    let router = Router::new().route("/me", get(panics)).route("/open", get(|| async { "open" }));
    let app = auth.protect(router).unwrap();
    let (status, reason) = call_with(&app, &token(&auth)).await;
    assert_eq!((status, reason), (500, Some(RejectionReason::Panicked("a handler"))));
    let address = serve(app).await;
    let header = format!("Authorization: Bearer {}", token(&auth));
    let answer = jwt_auth_tests::get(address, "/me", &[&header]).await;
    assert_eq!((answer.status, answer.header("content-type")), (500, Some("application/problem+json")));
    assert_eq!(jwt_auth_tests::get(address, "/open", &[]).await.status, 200);
}

// BRR-10
#[tokio::test]
async fn an_open_route_that_asks_for_the_user_is_no_store() {
    let auth = ready(Bearer.backend());
    let named = |user: Option<User>| async { user.map(|user| user.name).unwrap_or_default() };
    let router = Router::new().route("/open", get(named)).route("/half", get(|| async { "same for all" }));
    let app = auth.protect(router).unwrap();
    let header = bearer(&token(&auth));
    let with = call(&app, request("GET", "/open", &[("authorization", &header)])).await;
    assert_eq!((with.body.as_str(), with.header("cache-control")), ("alice", Some("no-store")));
    let without = call(&app, request("GET", "/open", &[])).await;
    assert_eq!((without.status, without.header("cache-control")), (200, None));
    let not_asked = call(&app, request("GET", "/half", &[("authorization", &header)])).await;
    assert_eq!((not_asked.status, not_asked.header("cache-control")), (200, None));
}

// CLM-01
#[test]
fn a_token_cannot_outlive_max_lifetime() {
    let day = Duration::from_secs(86_400);
    let login = |seconds| ready(Bearer.backend()).new_token(&alice()).expires_in(Duration::from_secs(seconds)).sign();
    assert!(login(86_400).is_ok() && login(86_401).is_err());
    let long = settings(Bearer.backend()).lifetime(day * 30).build().unwrap();
    assert!(long.create_token(&alice()).is_ok(), "a longer lifetime is the bound");
    let error = settings(Bearer.backend()).lifetime(day).max_lifetime(day / 2).build().unwrap_err().to_string();
    assert!(error.contains("`max_lifetime`"), "{error}");
}

// CLM-11
#[test]
fn a_handler_can_read_the_client_of_a_token() {
    let client = |auth: &jwt_auth::Backend<OAuth2>, token: String| {
        auth.verified(&token).unwrap().client_id().map(str::to_owned).unwrap_or_default()
    };
    let auth = ready(OAuth2.backend());
    assert_eq!(client(&auth, auth.create_token(&alice()).unwrap()), crate::fixture::ISSUER);
    assert_eq!(client(&auth, auth.new_token(&alice()).client_id("web").sign().unwrap()), "web");
    let named = settings(OAuth2.backend()).client_id("mobile").build().unwrap();
    assert_eq!(client(&named, named.create_token(&alice()).unwrap()), "mobile");
    assert!(settings(OAuth2.backend()).client_id("").build().is_err());
}

// KEY-06: the builder of a verifier names the setting that is missing.
#[test]
fn a_verifier_must_name_its_issuers_and_its_audience() {
    use jwt_auth_tests::keys::verifying;
    let key = || verifying(jwt_auth::Algorithm::ES256, "one");
    let message = |builder: jwt_auth::Builder<Bearer, jwt_auth::VerifyOnly>| builder.build().unwrap_err().to_string();
    assert!(message(Bearer.backend().verify_only()).contains("`trust` is missing"));
    let named = |name: &str| Issuer::new(name).keys(key());
    let verifier = || Bearer.backend().verify_only();
    assert!(message(verifier().trust(named("a"))).contains("`audience` is missing"));
    let twice = verifier().trust(named("a").audience("b")).trust(named("a").audience("c"));
    assert!(message(twice).contains("trusted twice"));
    assert!(message(verifier().trust(named("").audience("b"))).contains("the name is empty"));
    assert!(verifier().trust(named("a").any_audience()).realm("r").build().is_ok());
}

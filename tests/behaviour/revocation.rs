//! Tokens that are revoked before they expire.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::response::Redirect;
use axum::routing::{get, post};
use jwt_auth::testing::FixedClock;
use jwt_auth::{AuthBackend, AuthSession, Backend, Issuer, MemoryStore, Protected, RejectionReason, Token};
use jwt_auth_tests::keys::{signing, verifying};
use jwt_auth_tests::{call, call_with};

use crate::fixture::{Bearer, Cookie, ISSUER, NOW, User, alice, bearer, ready, request, settings, token};
use jwt_auth_tests::around::{Around, fail};

mod memory_store {
    jwt_auth::testing::store_conformance!(async {
        let store = std::sync::Arc::new(jwt_auth::MemoryStore::new());
        [std::sync::Arc::clone(&store), store]
    });
}

fn app<A: AuthBackend<User = User>>(auth: &Backend<A>) -> Protected {
    let logout = |session: AuthSession<A>| async move { session.logout().await };
    let leave =
        |session: AuthSession<A>| async move { session.logout().await.map(|logout| (logout, Redirect::to("/"))) };
    let open = |session: AuthSession<A>, _: Option<Token>| async move { session.logout().await };
    let router = Router::new()
        .route("/me", get(|_: User| async {}))
        .route("/logout", post(logout))
        .route("/leave", post(leave))
        .route("/open", post(open));
    auth.protect(router).unwrap()
}

// CKE-08, JWS-14
#[tokio::test]
async fn a_logout_revokes_the_token_that_was_presented_and_no_other() {
    for (path, status) in [("/logout", 204), ("/leave", 303), ("/open", 204)] {
        let auth = ready(Bearer.backend());
        let app = app(&auth);
        let (one, two) = (token(&auth), token(&auth));
        let answer = call(&app, request("POST", path, &[("authorization", &bearer(&one))])).await;
        assert_eq!(answer.status, status, "{path}");
        assert_eq!(call_with(&app, &one).await, (401, Some(RejectionReason::Revoked)), "{path}");
        assert_eq!(call_with(&app, &two).await.0, 200, "{path}");
    }
}

// CKE-08
#[tokio::test]
async fn a_logout_by_cookie_removes_it_and_revokes_its_token() {
    let auth = ready(Cookie.backend());
    let app = app(&auth);
    let cookie = format!("__Host-token={}", token(&auth));
    let headers = [("cookie", cookie.as_str()), ("sec-fetch-site", "same-origin")];
    assert_eq!(call(&app, request("GET", "/me", &headers)).await.status, 200);
    let answer = call(&app, request("POST", "/logout", &headers)).await;
    assert!(answer.header("set-cookie").unwrap().contains("Max-Age=0"));
    assert_eq!(call(&app, request("GET", "/me", &headers)).await.status, 401);
}

/// Sign-in and sign-out on open and on guarded routes. No handler takes the user as an argument.
fn sign_in_app<A: AuthBackend<User = User>>(auth: &Backend<A>) -> Protected {
    let sign_in = |session: AuthSession<A>| async move { session.login(&alice()).await };
    let renew = |session: AuthSession<A>| async move {
        session.login(&alice()).keep_session().await.map(|login| (login, "renewed"))
    };
    let redirect =
        |session: AuthSession<A>| async move { session.login(&alice()).await.map(|login| (login, Redirect::to("/"))) };
    let logout = |session: AuthSession<A>| async move { session.logout().await };
    let router = Router::new()
        .route("/me", get(|_: User| async {}))
        .route("/open/sign-in", post(sign_in))
        .route("/open/redirect", post(redirect))
        .route("/open/logout", post(logout))
        .route("/sign-in", post(sign_in))
        .route("/renew", post(renew));
    auth.protect(router).unwrap()
}

#[jwt_auth::auth_backend(kind = "cookie", user = User, exclude = ["/open/{*rest}"])]
struct Browser;

#[jwt_auth::auth_backend(kind = "oauth2", user = User, token_url = "/token", exclude = ["/open/{*rest}"])]
struct Both;

/// Posts with the cookie, from a page of this site or of another. Returns the status, and whether the cookie is still accepted.
async fn after_post(app: &Protected, path: &str, token: &str, site: &str) -> (u16, bool) {
    let cookie = format!("__Host-token={token}");
    let headers = [("cookie", cookie.as_str()), ("sec-fetch-site", site)];
    let status = call(app, request("POST", path, &headers)).await.status;
    (status, call(app, request("GET", "/me", &headers)).await.status == 200)
}

// CKE-09
#[tokio::test]
async fn a_login_ends_the_session_whose_cookie_it_replaces() {
    let auth = ready(Browser.backend());
    let app = sign_in_app(&auth);
    let other = token(&auth);
    for (path, status) in [("/open/sign-in", 200), ("/open/redirect", 303), ("/sign-in", 200)] {
        assert_eq!(after_post(&app, path, &token(&auth), "same-origin").await, (status, false), "{path}");
    }
    assert_eq!(after_post(&app, "/renew", &token(&auth), "same-origin").await, (200, true), "a renewal");
    assert_eq!(after_post(&app, "/open/sign-in", &token(&auth), "cross-site").await, (403, true), "another site's");
    assert_eq!(after_post(&app, "/open/sign-in", "a.b.c", "same-origin").await, (200, false), "no token at all");
    assert!(after_post(&app, "/me", &other, "same-origin").await.1, "another session");
}

// CKE-09: a service that issues tokens for others keeps its own token.
#[tokio::test]
async fn a_login_does_not_revoke_a_token_in_a_header() {
    let auth = ready(Both.backend());
    let app = sign_in_app(&auth);
    for path in ["/open/sign-in", "/sign-in"] {
        let token = token(&auth);
        assert_eq!(call(&app, request("POST", path, &[("authorization", &bearer(&token))])).await.status, 200);
        assert_eq!(call_with(&app, &token).await.0, 200, "{path}");
        assert_eq!(after_post(&app, path, &token, "same-origin").await, (200, false), "{path}");
    }
}

// CKE-08
#[tokio::test]
async fn a_logout_on_an_open_route_ends_the_session_too() {
    let auth = ready(Both.backend());
    let app = sign_in_app(&auth);
    let one = token(&auth);
    assert_eq!(call(&app, request("POST", "/open/logout", &[("authorization", &bearer(&one))])).await.status, 204);
    assert_eq!(call_with(&app, &one).await.0, 401);
    assert_eq!(after_post(&app, "/open/logout", &token(&auth), "same-origin").await, (204, false));
    assert_eq!(after_post(&app, "/open/logout", &token(&auth), "cross-site").await, (403, true), "another site's");
}

// REV-07
#[tokio::test]
async fn a_user_is_signed_out_everywhere_and_signs_in_again() {
    let clock = FixedClock::at(NOW);
    let auth = settings(Bearer.backend()).clock(clock.clone()).build().unwrap();
    let app = app(&auth);
    let bob = User { id: 8, name: "bob".into() };
    let (old, other) = (token(&auth), auth.create_token(&bob).unwrap());
    clock.advance(Duration::from_secs(5));
    let in_this_second = token(&auth);
    auth.revoke_user(&7).await.unwrap();
    // Clocks may differ by two seconds.
    clock.advance(Duration::from_secs(3));
    for token in [&old, &in_this_second] {
        assert_eq!(call_with(&app, token).await, (401, Some(RejectionReason::Revoked)));
    }
    assert_eq!((call_with(&app, &other).await.0, call_with(&app, &token(&auth)).await.0), (200, 200));
}

// REV-05: a revoked token stays revoked for as long as it could be accepted.
#[tokio::test]
async fn a_revocation_outlives_its_token_and_the_leeway() {
    let clock = FixedClock::at(NOW);
    let auth = settings(Bearer.backend()).clock(clock.clone()).leeway(Duration::from_secs(300)).build().unwrap();
    let app = app(&auth);
    let token = token(&auth);
    auth.revoke(&auth.verified(&token).unwrap()).await.unwrap();
    for seconds in [0, 3_599, 3_600, 3_899] {
        clock.set(NOW + seconds);
        // Another revocation makes the store look for expired records.
        let other = auth.create_token(&alice()).unwrap();
        auth.revoke(&auth.verified(&other).unwrap()).await.unwrap();
        assert_eq!(call_with(&app, &token).await, (401, Some(RejectionReason::Revoked)), "{seconds}");
    }
}

// REV-06
#[tokio::test]
async fn a_full_memory_store_refuses_and_forgets_nothing_that_is_live() {
    let clock = FixedClock::at(NOW);
    let store = MemoryStore::with_capacity(3).clock(clock.clone());
    let auth = settings(Bearer.backend()).clock(clock.clone()).store(store).build().unwrap();
    let app = app(&auth);
    let tokens: Vec<String> =
        (1..=4).map(|id| auth.create_token(&User { id, name: "one of four".into() }).unwrap()).collect();
    for token in &tokens[..3] {
        auth.revoke(&auth.verified(token).unwrap()).await.unwrap();
    }
    let full = auth.revoke(&auth.verified(&tokens[3]).unwrap()).await.unwrap_err();
    assert!(full.to_string().contains("full"), "{full}");
    let answer = call(&app, request("POST", "/logout", &[("authorization", &bearer(&tokens[3]))])).await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")));
    for token in &tokens[..3] {
        assert_eq!(call_with(&app, token).await.0, 401);
    }
    // Whole days, and one more in case clocks differ.
    clock.advance(Duration::from_secs(3 * 24 * 60 * 60));
    let token = token(&auth);
    auth.revoke(&auth.verified(&token).unwrap()).await.unwrap();
    assert_eq!(call_with(&app, &token).await.0, 401, "what expired made room");
}

// REV-04: a verifier with the issuer's store knows the issuer's revocations.
#[tokio::test]
async fn an_issuer_and_a_verifier_can_share_a_store() {
    let store = Arc::new(MemoryStore::new());
    let algorithm = jwt_auth::Algorithm::ES256;
    let issuer = Bearer.backend().keys(signing(algorithm, "one").into()).issuer(ISSUER).clock(|| NOW);
    let issuer = issuer.store(Arc::clone(&store)).build().unwrap();
    let verifier = Bearer
        .backend()
        .verify_only()
        .trust(Issuer::rfc9068(ISSUER).keys(verifying(algorithm, "one")).audience(ISSUER));
    let verifier = verifier.clock(|| NOW).store(store).build().unwrap();
    let app = verifier.protect(Router::new().route("/me", get(|_: User| async {}))).unwrap();
    let token = token(&issuer);
    assert_eq!(call_with(&app, &token).await.0, 200);
    issuer.revoke(&issuer.verified(&token).unwrap()).await.unwrap();
    assert_eq!(call_with(&app, &token).await.0, 401);
}

// REV-04, REL-03
#[tokio::test]
async fn a_store_that_fails_or_does_not_answer_denies() {
    for (stalls, what) in [(false, "no connection"), (true, "did not answer in time")] {
        let broken =
            Around::before(&Arc::default(), move |_| if stalls { Box::pin(std::future::pending()) } else { fail() });
        let builder = settings(Bearer.backend()).store(broken).store_timeout(Duration::from_millis(20));
        let auth = builder.build().unwrap();
        let app = app(&auth);
        let (status, reason) = call_with(&app, &token(&auth)).await;
        assert_eq!(status, 503);
        assert!(reason.unwrap().to_string().contains(what));
        assert_eq!(call(&app, request("GET", "/me", &[])).await.status, 401);
        assert!(auth.revoke_user(&7).await.is_err());
    }
    assert!(settings(Bearer.backend()).store_timeout(Duration::ZERO).build().is_err());
}

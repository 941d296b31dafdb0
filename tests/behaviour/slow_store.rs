//! A store that does not answer: what needs no store is answered, and what has begun is awaited at the end.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::{get, post};
use jwt_auth::openapi::serve_document;
use jwt_auth::well_known::serve_jwks;
use jwt_auth::{AuthSession, Backend, Builder, MemoryStore, Parts, Protected, auth_backend};
use jwt_auth_tests::around::Around;
use jwt_auth_tests::{Answer, call};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use utoipa_axum::router::OpenApiRouter;

use crate::fixture::{NOW, User, alice, bearer, request, settings};

/// Only a request that waits for the store takes this long. The time is not real.
const HANGS: Duration = Duration::from_secs(3600);

/// Counts the checks of passwords.
#[auth_backend(
    kind = "oauth2",
    user = User,
    token_url = "/login",
    authenticate = check,
    exclude = ["/open", "/schema", "/keys"],
)]
struct Counts(Arc<AtomicUsize>);

fn check(auth: &Counts, _: &str, _: &str, _: &Parts) -> Option<User> {
    auth.0.fetch_add(1, Ordering::SeqCst);
    Some(alice())
}

/// A store of which each call takes one of these permits, and how many calls have begun.
fn slow_store() -> (Around, Arc<Semaphore>, Arc<AtomicUsize>) {
    let (permits, calls) = (Arc::new(Semaphore::new(0)), Arc::new(AtomicUsize::new(0)));
    let hook = {
        let (permits, calls) = (Arc::clone(&permits), Arc::clone(&calls));
        move |_| {
            let permits = Arc::clone(&permits);
            calls.fetch_add(1, Ordering::SeqCst);
            Box::pin(async move {
                permits.acquire_owned().await.unwrap().forget();
                Ok(())
            }) as _
        }
    };
    (Around::before(&Arc::new(MemoryStore::new()), hook), permits, calls)
}

fn build(settings: Builder<Counts>) -> Backend<Counts> {
    settings.store_timeout(HANGS * 24).build().unwrap()
}

fn protect(auth: &Backend<Counts>) -> Protected {
    let logout = |session: AuthSession<Counts>| async move { session.logout().await };
    let router: Router = Router::new()
        .route("/me", get(|_: User| async {}))
        .route("/open", get(|| async {}))
        .route("/keys", get(serve_jwks))
        .route("/logout", post(logout));
    auth.protect(router).unwrap()
}

fn sign_in() -> http::Request<Body> {
    let mut request = request("POST", "/login", &[("content-type", "application/x-www-form-urlencoded")]);
    *request.body_mut() = Body::from("grant_type=password&username=alice&password=x");
    request
}

async fn until(is_so: impl Fn() -> bool) {
    while !is_so() {
        tokio::task::yield_now().await;
    }
}

// REL-03
#[tokio::test(start_paused = true)]
async fn what_needs_no_store_is_answered_while_the_store_hangs() {
    let (store, _, calls) = slow_store();
    let auth = build(settings(Counts(Arc::default()).backend()).store(Arc::new(store)));
    let app = protect(&auth);
    let document = OpenApiRouter::new()
        .route("/open", get(|| async {}))
        .route("/keys", get(serve_jwks))
        .route("/schema", get(serve_document));
    let (documented, _) = auth.protect(document).unwrap();
    let token = auth.create_token(&alice()).unwrap();
    let expired = {
        let other = settings(Counts(Arc::default()).backend()).clock(|| NOW - 90_000).build().unwrap();
        other.create_token(&alice()).unwrap()
    };
    let forged = format!("{}x", &token[..token.len() - 1]);
    let waiting = {
        let (app, header) = (app.clone(), bearer(&token));
        tokio::spawn(async move { call(&app, request("GET", "/me", &[("authorization", &header)])).await })
    };
    until(|| calls.load(Ordering::SeqCst) == 1).await;
    for (app, path, header, expected) in [
        (&app, "/open", String::new(), 200),
        (&app, "/open", bearer(&token), 200),
        (&app, "/keys", String::new(), 200),
        (&documented, "/schema", String::new(), 200),
        (&app, "/me", String::new(), 401),
        (&app, "/me", bearer("x"), 401),
        (&app, "/me", bearer(&forged), 401),
        (&app, "/me", bearer(&expired), 401),
    ] {
        let headers = [("authorization", header.as_str())];
        let request = request("GET", path, if header.is_empty() { &[] } else { &headers });
        let answer = timeout(HANGS, call(app, request)).await.expect(path);
        assert_eq!(answer.status, expected, "{path} {header}");
    }
    assert_eq!(calls.load(Ordering::SeqCst), 1, "the store was not asked");
    waiting.abort();
}

#[tokio::test(start_paused = true)]
async fn a_sign_in_that_waits_for_the_store_does_not_use_up_a_turn() {
    let (store, permits, calls) = slow_store();
    let checks = Arc::new(AtomicUsize::new(0));
    let settings = settings(Counts(Arc::clone(&checks)).backend());
    let app = protect(&build(settings.sign_ins_at_once(1).store(Arc::new(store))));
    let begin = || {
        let app = app.clone();
        tokio::spawn(async move { call(&app, sign_in()).await })
    };
    let first = begin();
    until(|| calls.load(Ordering::SeqCst) == 1).await;
    let second = begin();
    timeout(HANGS, until(|| checks.load(Ordering::SeqCst) == 2)).await.expect("it has its turn");
    permits.add_permits(100);
    let answers: [Answer; 2] = [first.await.unwrap(), second.await.unwrap()];
    assert_eq!(answers.map(|answer| answer.status), [200, 200]);
}

// REL-04
#[tokio::test(start_paused = true)]
async fn a_sign_out_whose_client_has_gone_is_awaited_at_the_end() {
    let (store, permits, calls) = slow_store();
    let auth = build(settings(Counts(Arc::default()).backend()).store(Arc::new(store)));
    let app = protect(&auth);
    let header = bearer(&auth.create_token(&alice()).unwrap());
    permits.add_permits(1); // for the guard
    let leaving = {
        let (app, header) = (app.clone(), header.clone());
        tokio::spawn(async move { call(&app, request("POST", "/logout", &[("authorization", &header)])).await })
    };
    until(|| calls.load(Ordering::SeqCst) == 2).await;
    leaving.abort();
    assert!(leaving.await.unwrap_err().is_cancelled());
    assert!(timeout(HANGS, auth.finish()).await.is_err(), "the sign-out has not ended");
    permits.add_permits(100);
    timeout(HANGS, auth.finish()).await.expect("the sign-out has ended");
    assert_eq!(call(&app, request("GET", "/me", &[("authorization", &header)])).await.status, 401);
}

#[tokio::test(start_paused = true)]
async fn the_end_is_not_awaited_longer_than_one_effect_may_take() {
    let (store, _, calls) = slow_store();
    let auth = settings(Counts(Arc::default()).backend()).store(Arc::new(store)).build().unwrap();
    let revoking = {
        let auth = auth.clone();
        tokio::spawn(async move { auth.revoke_user(&7).await })
    };
    until(|| calls.load(Ordering::SeqCst) == 1).await;
    timeout(HANGS, auth.finish()).await.expect("it ends");
    assert!(revoking.await.unwrap().is_err());
}

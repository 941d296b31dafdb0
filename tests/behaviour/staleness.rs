//! How long an answer of the store is cached.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::routing::{get, post};
use jwt_auth::testing::FixedClock;
use jwt_auth::{
    AuthBackend, AuthSession, Backend, Builder, Issuer, MemoryStore, Protected, RefreshTokens, RejectionReason,
    session::RefreshError,
};
use jwt_auth_tests::{Answer, call, call_with};
use tokio::sync::Notify;

use crate::fixture::{Bearer, ISSUER, NOW, OAuth2, SECRET, User, alice, bearer, request, settings, token};
use jwt_auth_tests::around::{Around, Call, fail, go_on};

/// A shared store that counts how often it is asked about a token, and fails or is slow on demand.
#[derive(Clone)]
struct Counting {
    store: Around,
    state: Arc<Counted>,
}

#[derive(Default)]
struct Counted {
    asked: AtomicUsize,
    fails: AtomicBool,
    is_slow: AtomicBool,
    let_go: Notify,
}

impl Counting {
    fn new() -> Self {
        let state = Arc::<Counted>::default();
        let (before, after) = (Arc::clone(&state), Arc::clone(&state));
        let store = Around::before(&Arc::default(), move |call| {
            if call == Call::Summary {
                before.asked.fetch_add(1, Ordering::SeqCst);
            }
            if call == Call::Summary && before.fails.load(Ordering::SeqCst) { fail() } else { go_on() }
        });
        let store = store.after(move |call| {
            let state = Arc::clone(&after);
            Box::pin(async move {
                if call == Call::Summary && state.is_slow.load(Ordering::SeqCst) {
                    state.let_go.notified().await;
                }
                Ok(())
            })
        });
        Self { store, state }
    }

    fn asked(&self) -> usize {
        self.state.asked.load(Ordering::SeqCst)
    }
}

/// An instance of a service that caches answers for this many seconds.
fn instance<A>(builder: Builder<A>, store: &Counting, clock: &FixedClock, seconds: u64) -> (Backend<A>, Protected)
where
    A: AuthBackend<User = User>,
{
    let builder =
        settings(builder).clock(clock.clone()).store(store.store.clone()).refresh_tokens(RefreshTokens::new());
    let auth = builder.revocation_staleness(Duration::from_secs(seconds)).build().unwrap();
    let logout = |session: AuthSession<A>| async move { session.logout().await };
    let sign_in = |session: AuthSession<A>| async move { session.login(&alice()).with_refresh_token().await };
    let router = Router::new()
        .route("/me", get(|_: User| async {}))
        .route("/logout", post(logout))
        .route("/open", post(sign_in));
    let app = auth.protect(router).unwrap();
    (auth, app)
}

async fn status(app: &Protected, token: &str) -> u16 {
    call_with(app, token).await.0
}

// REV-08
#[tokio::test]
async fn by_default_every_request_asks_the_store() {
    let store = Counting::new();
    let auth = settings(Bearer.backend()).store(store.store.clone()).build().unwrap();
    let app = auth.protect(Router::new().route("/me", get(|_: User| async {}))).unwrap();
    let token = token(&auth);
    for asked in 1..=3 {
        assert_eq!((status(&app, &token).await, store.asked()), (200, asked));
    }
    auth.revoke(&auth.verified(&token).unwrap()).await.unwrap();
    assert_eq!(status(&app, &token).await, 401);
}

// REV-08
#[tokio::test]
async fn another_instance_accepts_a_revoked_token_for_the_stated_time_and_no_second_longer() {
    let (store, clock) = (Counting::new(), FixedClock::at(NOW));
    let (here, app) = instance(Bearer.backend(), &store, &clock, 5);
    let (there, _) = instance(Bearer.backend(), &store, &clock, 5);
    let token = token(&here);
    let unseen = crate::fixture::token(&here);
    assert_eq!((status(&app, &token).await, store.asked()), (200, 1));
    for token in [&token, &unseen] {
        there.revoke(&there.verified(token).unwrap()).await.unwrap();
    }
    // Cache hits do not extend the time.
    for second in 0..5 {
        clock.set(NOW + second);
        assert_eq!((status(&app, &token).await, store.asked()), (200, 1), "{second}");
    }
    clock.set(NOW + 5);
    assert_eq!(call_with(&app, &token).await, (401, Some(RejectionReason::Revoked)));
    assert_eq!(status(&app, &unseen).await, 401, "what was never asked about is asked about");
    let asked = store.asked();
    assert_eq!((status(&app, &token).await, store.asked()), (401, asked + 1), "a revocation is not cached");
}

// REV-08
#[tokio::test]
async fn a_token_that_this_instance_revokes_is_refused_at_once() {
    let (store, clock) = (Counting::new(), FixedClock::at(NOW));
    let (auth, app) = instance(Bearer.backend(), &store, &clock, 60);
    let tokens: Vec<String> = (0..4).map(|_| token(&auth)).collect();
    let others: Vec<String> =
        (100..150).map(|id| auth.create_token(&User { id, name: "bob".into() }).unwrap()).collect();
    for token in tokens.iter().chain(&others) {
        assert_eq!(status(&app, token).await, 200);
    }
    let logout = call(&app, request("POST", "/logout", &[("authorization", &bearer(&tokens[0]))])).await;
    assert_eq!((logout.status, status(&app, &tokens[0]).await), (204, 401));
    auth.revoke(&auth.verified(&tokens[1]).unwrap()).await.unwrap();
    assert_eq!((status(&app, &tokens[1]).await, status(&app, &tokens[2]).await), (401, 200));
    auth.revoke_user(&7).await.unwrap();
    assert_eq!((status(&app, &tokens[2]).await, status(&app, &tokens[3]).await), (401, 401));
    let asked = store.asked();
    for token in &others {
        assert_eq!(status(&app, token).await, 200);
    }
    let again = store.asked() - asked;
    assert!(again <= 5, "{again} of 50 others are asked about again");
}

// REV-08: the store answered "not revoked" before the revocation, and the answer arrives after it.
#[tokio::test]
async fn a_revocation_wins_over_an_older_answer_that_is_still_on_its_way() {
    let (store, clock) = (Counting::new(), FixedClock::at(NOW));
    let (auth, app) = instance(Bearer.backend(), &store, &clock, 60);
    let token = token(&auth);
    store.state.is_slow.store(true, Ordering::SeqCst);
    let (slow_app, presented) = (app.clone(), token.clone());
    let running = tokio::spawn(async move { status(&slow_app, &presented).await });
    while store.asked() == 0 {
        tokio::task::yield_now().await;
    }
    auth.revoke(&auth.verified(&token).unwrap()).await.unwrap();
    store.state.is_slow.store(false, Ordering::SeqCst);
    store.state.let_go.notify_one();
    assert_eq!(running.await.unwrap(), 200, "it was good when it was asked about");
    assert_eq!(status(&app, &token).await, 401);
}

/// The access token and the refresh token of an answer.
fn tokens(answer: &Answer) -> (String, String) {
    let body = answer.json();
    let text = |name: &str| body[name].as_str().unwrap().to_owned();
    (text("access_token"), text("refresh_token"))
}

// REV-08, REF-01
#[tokio::test]
async fn a_session_whose_refresh_token_is_used_twice_ends_at_once() {
    let (store, clock) = (Counting::new(), FixedClock::at(NOW));
    let (auth, app) = instance(OAuth2.backend(), &store, &clock, 60);
    let (parts, ()) = http::Request::new(()).into_parts();
    let (first, refresh_token) = tokens(&call(&app, request("POST", "/open", &[])).await);
    let refresh = async || auth.refresh(&refresh_token, None, None, &parts).await.unwrap().await;
    let second = refresh().await.unwrap().token().to_owned();
    for token in [&first, &second] {
        assert_eq!(status(&app, token).await, 200);
    }
    let asked = store.asked();
    assert!(matches!(refresh().await, Err(RefreshError::Invalid)));
    for token in [&first, &second] {
        assert_eq!(status(&app, token).await, 401);
    }
    assert_eq!(store.asked(), asked + 2);
}

// REV-08, REV-04
#[tokio::test]
async fn an_error_is_not_remembered_and_denies_when_the_time_is_over() {
    let (store, clock) = (Counting::new(), FixedClock::at(NOW));
    let (auth, app) = instance(Bearer.backend(), &store, &clock, 5);
    let other = User { id: 8, name: "bob".into() };
    let (known, unknown) = (token(&auth), auth.create_token(&other).unwrap());
    assert_eq!(status(&app, &known).await, 200);
    store.state.fails.store(true, Ordering::SeqCst);
    assert_eq!((status(&app, &known).await, status(&app, &unknown).await), (200, 503));
    clock.advance(Duration::from_secs(5));
    assert_eq!(status(&app, &known).await, 503);
    store.state.fails.store(false, Ordering::SeqCst);
    assert_eq!((status(&app, &known).await, status(&app, &unknown).await), (200, 200));
}

// REV-08
#[test]
fn the_time_is_between_a_second_and_a_minute_and_needs_a_store() {
    let build = |staleness| settings(Bearer.backend()).revocation_staleness(staleness).build().map(drop);
    for staleness in [Duration::ZERO, Duration::from_secs(1), Duration::from_secs(60)] {
        assert!(build(staleness).is_ok(), "{staleness:?}");
    }
    for staleness in [Duration::from_millis(999), Duration::from_millis(60_001), Duration::MAX] {
        let error = build(staleness).unwrap_err().to_string();
        assert!(error.starts_with("`revocation_staleness`"), "{error}");
    }
    let keys = jwt_auth::keys::SigningKey::from_secret(jwt_auth::Algorithm::HS256, SECRET).unwrap();
    let verifier = || {
        Bearer
            .backend()
            .verify_only()
            .trust(Issuer::rfc9068(ISSUER).keys(keys.verifying_key().clone()).audience(ISSUER))
    };
    let error = verifier().revocation_staleness(Duration::from_secs(1)).build().unwrap_err().to_string();
    assert!(error.contains("`.store(...)`"), "{error}");
    assert!(verifier().revocation_staleness(Duration::from_secs(1)).store(MemoryStore::new()).build().is_ok());
}

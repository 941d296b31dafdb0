//! A session that was ended stays ended.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::routing::{get, post};
use jwt_auth::testing::FixedClock;
use jwt_auth::{AuthSession, Backend, MemoryStore, Parts, Protected, RefreshTokens, auth_backend, store::Store};
use jwt_auth_tests::{call, call_with};

use crate::fixture::{NOW, User, alice, bearer, request, settings};
use jwt_auth_tests::around::{Around, Call};

#[auth_backend(kind = "oauth2", user = User, token_url = "/token", authenticate = anyone)]
struct Auth;

fn anyone(_: &Auth, _: &str, _: &str, _: &Parts) -> Option<User> {
    Some(alice())
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn service(store: impl Store, clock: &FixedClock, absolute: Duration) -> (Backend<Auth>, Protected) {
    let builder = settings(Auth.backend()).clock(clock.clone()).store(store);
    let policy = RefreshTokens::new().idle(absolute).absolute(absolute);
    let auth = builder.refresh_tokens(policy).build().unwrap();
    let logout = |session: AuthSession<Auth>| async move { session.logout().await };
    let router = Router::new().route("/me", get(|_: User| async {})).route("/logout", post(logout));
    let app = auth.protect(router).unwrap();
    (auth, app)
}

/// The status, the access token and the refresh token.
async fn form(app: &Protected, form: &str) -> (u16, String, String) {
    let mut request = request("POST", "/token", &[("content-type", "application/x-www-form-urlencoded")]);
    *request.body_mut() = form.to_owned().into();
    let answer = call(app, request).await;
    let text = |name: &str| answer.json()[name].as_str().unwrap_or_default().to_owned();
    (answer.status, text("access_token"), text("refresh_token"))
}

async fn sign_in(app: &Protected) -> (u16, String, String) {
    form(app, "grant_type=password&username=alice&password=x").await
}

async fn refresh(app: &Protected, token: &str) -> (u16, String, String) {
    form(app, &format!("grant_type=refresh_token&refresh_token={token}")).await
}

// REV-03, REV-05, CKE-08: the access token that a logout presents expires long before its session.
#[tokio::test]
async fn a_logout_outlasts_the_access_token_that_it_presented() {
    let clock = FixedClock::at(NOW);
    let (_, app) = service(MemoryStore::new(), &clock, 90 * DAY);
    let (_, access, token) = sign_in(&app).await;
    assert_eq!(call(&app, request("POST", "/logout", &[("authorization", &bearer(&access))])).await.status, 204);
    for hours in [0, 1, 2, 24, 24 * 89] {
        clock.set(NOW + hours * 3_600);
        // A sign-in lets the store remove expired records.
        assert_eq!(sign_in(&app).await.0, 200);
        assert_eq!(refresh(&app, &token).await.0, 400, "after {hours} hours");
    }
}

// REF-08: for this reason, a logout at an instance with a shorter lifetime also outlasts older sessions with a longer one.
#[tokio::test]
async fn a_shorter_absolute_lifetime_holds_for_sessions_that_began_before() {
    let clock = FixedClock::at(NOW);
    let store = Arc::new(MemoryStore::new());
    let (_, before) = service(Arc::clone(&store), &clock, 90 * DAY);
    let (_, after) = service(store, &clock, DAY);
    let (_, _, token) = sign_in(&before).await;
    clock.advance(DAY - Duration::from_secs(1));
    let (status, _, token) = refresh(&after, &token).await;
    assert_eq!(status, 200);
    clock.advance(Duration::from_secs(1));
    assert_eq!((refresh(&after, &token).await.0, refresh(&before, &token).await.0), (400, 200));
}

#[derive(Default)]
struct Meanwhile {
    is_on: AtomicBool,
    app: OnceLock<Protected>,
    token: OnceLock<String>,
    minted: OnceLock<(u16, String, String)>,
}

// REF-05, REV-07
#[tokio::test]
async fn a_sign_out_everywhere_ends_a_sign_in_that_a_slow_store_delayed() {
    let clock = FixedClock::at(NOW);
    let meanwhile = Arc::new(Meanwhile::default());
    let (slow, time) = (Arc::clone(&meanwhile), clock.clone());
    // Before the store gets the sign-out, a session is refreshed in the next second.
    let store = Around::before(&Arc::default(), move |call| {
        let (slow, time) = (Arc::clone(&slow), time.clone());
        Box::pin(async move {
            if call == Call::Replace && slow.is_on.swap(false, Ordering::SeqCst) {
                time.advance(Duration::from_secs(1));
                let _ = slow.minted.set(refresh(slow.app.get().unwrap(), slow.token.get().unwrap()).await);
            }
            Ok(())
        })
    });
    let (auth, app) = service(store, &clock, DAY);
    let (_, _, token) = sign_in(&app).await;
    let _ = (meanwhile.token.set(token), meanwhile.app.set(app.clone()));
    meanwhile.is_on.store(true, Ordering::SeqCst);
    auth.revoke_user(&7).await.unwrap();
    let (status, access, token) = meanwhile.minted.get().unwrap();
    assert_eq!(*status, 200, "the store had not heard of it");
    assert_eq!((call_with(&app, access).await.0, refresh(&app, token).await.0), (401, 400));
    clock.advance(Duration::from_secs(1));
    let (_, access, _) = sign_in(&app).await;
    assert_eq!(call_with(&app, &access).await.0, 200);
}

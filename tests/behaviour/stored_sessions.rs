//! Attacks on stored sessions. Each of them succeeded against an earlier version.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::{get, post};
use jwt_auth::testing::FixedClock;
use jwt_auth::{
    AuthSession, Backend, Login, LoginError, MemoryStore, Protected, RefreshTokens, auth_backend, store::Store,
};
use jwt_auth_tests::{call, call_with};
use tokio::sync::Semaphore;

use crate::fixture::{NOW, User, alice, bearer, request, settings};

#[auth_backend(kind = "oauth2", user = User, token_url = "/token", exclude = ["/sign-in/{id}", "/plain"])]
struct Auth;

const DAY: u64 = 24 * 60 * 60;

fn service(store: impl Store, clock: &FixedClock, refresh: RefreshTokens) -> (Backend<Auth>, Protected) {
    let auth = settings(Auth.backend()).clock(clock.clone()).store(store).refresh_tokens(refresh).build().unwrap();
    let sign_in = |session: AuthSession<Auth>, id: axum::extract::Path<u64>| async move {
        session.login(&User { id: id.0, name: "one of many".into() }).with_refresh_token().await
    };
    let router = Router::new()
        .route("/me", get(|_: User| async {}))
        .route("/sign-in/{id}", post(sign_in))
        .route("/plain", post(|session: AuthSession<Auth>| async move { session.login(&alice()).await }))
        .route("/sign-out", post(|session: AuthSession<Auth>| async move { session.logout().await }));
    (auth.clone(), auth.protect(router).unwrap())
}

async fn begin(app: &Protected, id: u64) -> (String, String) {
    let answer = call(app, request("POST", &format!("/sign-in/{id}"), &[])).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let text = |name: &str| answer.json()[name].as_str().unwrap().to_owned();
    (text("access_token"), text("refresh_token"))
}

async fn refresh(auth: &Backend<Auth>, token: &str) -> Option<(String, String)> {
    let parts = request("POST", "/", &[]).into_parts().0;
    let login = auth.refresh(token, None, None, &parts).await.ok()?.await.ok()?;
    Some((login.token().to_owned(), login.refresh_token()?.to_owned()))
}

async fn sign_out(app: &Protected, token: &str) -> u16 {
    call(app, request("POST", "/sign-out", &[("authorization", &bearer(token))])).await.status
}

// STO-04
#[tokio::test]
async fn one_account_cannot_keep_others_from_signing_out() {
    let clock = FixedClock::at(NOW);
    let store = MemoryStore::with_capacity(4).clock(clock.clone());
    let (auth, app) = service(store, &clock, RefreshTokens::new());
    let (victims_access, victims_token) = begin(&app, 1).await;
    let (_, mut token) = begin(&app, 2).await;
    // Going over a limit ends or refuses sessions of this account only.
    for _ in 0..2_000 {
        let plain = auth.create_token(&User { id: 2, name: "one of many".into() }).unwrap();
        assert_eq!(sign_out(&app, &plain).await, 204);
        let answer = call(&app, request("POST", "/sign-in/2", &[])).await;
        assert!(matches!(answer.status, 200 | 429 | 503), "{answer:?}");
        let begun = answer.json()["refresh_token"].as_str().map(str::to_owned);
        token = refresh(&auth, &token).await.map(|renewed| renewed.1).or(begun).unwrap_or_default();
        assert!(auth.sessions(&2).await.unwrap().len() <= 100);
        clock.advance(Duration::from_secs(1));
    }
    let (_, victims_token) = refresh(&auth, &victims_token).await.unwrap();
    begin(&app, 3).await;
    assert_eq!(sign_out(&app, &victims_access).await, 204);
    assert!(refresh(&auth, &victims_token).await.is_none());
}

/// A password that a handler checks slowly, as hashing does.
#[derive(Clone)]
struct Password {
    is_old_one_right: Arc<AtomicBool>,
    gate: Arc<Semaphore>,
    checking: Arc<Semaphore>,
}

#[auth_backend(kind = "oauth2", user = User, token_url = "/token", exclude = ["/sign-in", "/plain"])]
struct Slow(Password);

async fn check(session: &AuthSession<Slow>) -> bool {
    let password = &session.config().0;
    let is_right = password.is_old_one_right.load(Ordering::SeqCst);
    password.checking.add_permits(1);
    password.gate.acquire().await.unwrap().forget();
    is_right
}

async fn with_session(session: AuthSession<Slow>) -> Result<Login, StatusCode> {
    if !check(&session).await {
        return Err(StatusCode::UNAUTHORIZED);
    }
    session.login(&alice()).with_refresh_token().await.map_err(|error| status(&error))
}

async fn without(session: AuthSession<Slow>) -> Result<Login, StatusCode> {
    if !check(&session).await {
        return Err(StatusCode::UNAUTHORIZED);
    }
    session.login(&alice()).await.map_err(|error| status(&error))
}

fn status(error: &LoginError) -> StatusCode {
    assert!(matches!(error, LoginError::SignedOutMeanwhile { retry_after: 5, .. }), "{error:?}");
    StatusCode::SERVICE_UNAVAILABLE
}

// STO-09, REV-07
#[tokio::test]
async fn no_sign_in_with_the_old_password_survives_a_sign_out_everywhere() {
    let clock = FixedClock::at(NOW);
    let password = Password {
        is_old_one_right: Arc::new(AtomicBool::new(true)),
        gate: Arc::new(Semaphore::new(0)),
        checking: Arc::new(Semaphore::new(0)),
    };
    let builder = settings(Slow(password.clone()).backend()).clock(clock.clone()).refresh_tokens(RefreshTokens::new());
    let auth = builder.build().unwrap();
    let router = Router::new().route("/sign-in", post(with_session)).route("/plain", post(without));
    let app = auth.protect(router).unwrap();
    let running: Vec<_> = (0..40)
        .map(|n| {
            let app = app.clone();
            let path = if n % 2 == 0 { "/sign-in" } else { "/plain" };
            tokio::spawn(async move { call(&app, request("POST", path, &[])).await.status })
        })
        .collect();
    password.checking.acquire_many(40).await.unwrap().forget();
    password.is_old_one_right.store(false, Ordering::SeqCst);
    auth.revoke_user(&7).await.unwrap();
    clock.advance(Duration::from_secs(30));
    password.gate.add_permits(40);
    for one in running {
        assert_eq!(one.await.unwrap(), 503);
    }
    // A later sign-in succeeds.
    password.is_old_one_right.store(true, Ordering::SeqCst);
    password.gate.add_permits(2);
    for path in ["/sign-in", "/plain"] {
        assert_eq!(call(&app, request("POST", path, &[])).await.status, 200);
    }
}

// STO-03
#[tokio::test]
async fn a_session_that_another_backend_signed_out_never_comes_back() {
    let (clock, store) = (FixedClock::at(NOW), Arc::new(MemoryStore::new()));
    let year = Duration::from_secs(365 * DAY);
    let (long, long_app) = service(Arc::clone(&store), &clock, RefreshTokens::new().idle(year).absolute(year));
    let (_, short_app) = service(store, &clock, RefreshTokens::new());
    let (access, token) = begin(&long_app, 7).await;
    assert_eq!(sign_out(&short_app, &access).await, 204);
    for day in [0, 1, 89, 90, 91, 200, 364] {
        clock.set(NOW + i64::try_from(day * DAY).unwrap());
        // Meanwhile, another session of the user is written.
        begin(&long_app, 7).await;
        assert!(refresh(&long, &token).await.is_none(), "after {day} days");
        assert_eq!(call_with(&long_app, &access).await.0, 401, "after {day} days");
    }
}

// REF-11
#[tokio::test]
async fn the_grace_ends_once_the_successor_is_used() {
    let clock = FixedClock::at(NOW);
    let policy = RefreshTokens::new().grace(Duration::from_secs(60));
    let (auth, app) = service(MemoryStore::new(), &clock, policy);
    let (_, first) = begin(&app, 7).await;
    let (_, second) = refresh(&auth, &first).await.unwrap();
    assert_eq!(refresh(&auth, &first).await.unwrap().1, second, "within the grace");
    let (access, third) = refresh(&auth, &second).await.unwrap();
    assert!(refresh(&auth, &first).await.is_none(), "the successor was used");
    assert!(refresh(&auth, &third).await.is_none(), "and the session has ended");
    assert_eq!(call_with(&app, &access).await.0, 401);
}

/// Changes the password: signs the user out everywhere, and the caller in again.
async fn change_password(session: AuthSession<Slow>, user: User, kind: axum::extract::Path<String>) -> Login {
    session.logout_everywhere(&user.id).await.unwrap();
    let login = session.login(&user);
    if kind.0 == "session" { login.with_refresh_token().await.unwrap() } else { login.await.unwrap() }
}

/// Does what the token endpoint does: if the sign-in is stale, the password is checked once more.
async fn check_twice(session: AuthSession<Slow>) -> Result<Login, LoginError> {
    match session.login(&alice()).await {
        Err(LoginError::SignedOutMeanwhile { before, .. }) => session.login(&alice()).checked_again(before).await,
        other => other,
    }
}

// REV-07, STO-09
#[tokio::test]
async fn a_request_that_signs_a_user_out_everywhere_can_sign_the_user_in_again() {
    let clock = FixedClock::at(NOW);
    let password = Password {
        is_old_one_right: Arc::default(),
        gate: Arc::new(Semaphore::new(0)),
        checking: Arc::new(Semaphore::new(0)),
    };
    let builder = settings(Slow(password).backend()).clock(clock.clone()).refresh_tokens(RefreshTokens::new());
    let auth = builder.build().unwrap();
    let router = Router::new()
        .route("/me", get(|_: User| async {}))
        .route("/change/{kind}", post(change_password))
        .route("/plain", post(check_twice));
    let app = auth.protect(router).unwrap();
    for kind in ["session", "plain"] {
        let old = auth.create_token(&alice()).unwrap();
        let answer = call(&app, request("POST", &format!("/change/{kind}"), &[("authorization", &bearer(&old))])).await;
        assert_eq!(answer.status, 200, "{kind}: {answer:?}");
        let new = answer.json()["access_token"].as_str().unwrap().to_owned();
        assert_eq!((call_with(&app, &old).await.0, call_with(&app, &new).await.0), (401, 200), "{kind}");
        // Another sign-out everywhere ends this one too.
        auth.revoke_user(&7).await.unwrap();
        assert_eq!(call_with(&app, &new).await.0, 401, "{kind}");
        let answer = call(&app, request("POST", "/plain", &[])).await;
        assert_eq!(answer.status, 200, "{kind}: {answer:?}");
        assert_eq!(call_with(&app, answer.json()["access_token"].as_str().unwrap()).await.0, 200, "{kind}");
        clock.advance(Duration::from_secs(60));
    }
}

// STO-09
#[tokio::test]
async fn signing_one_user_out_everywhere_does_not_renew_the_sign_in_of_another() {
    let clock = FixedClock::at(NOW);
    let (auth, _) = service(MemoryStore::new(), &clock, RefreshTokens::new());
    let handler = |session: AuthSession<Auth>| async move {
        session.backend().revoke_user(&8).await.unwrap();
        session.logout_everywhere(&7).await.unwrap();
        session.login(&User { id: 8, name: "bob".into() }).with_refresh_token().await
    };
    let app = auth.protect(Router::new().route("/plain", post(handler))).unwrap();
    assert_eq!(call(&app, request("POST", "/plain", &[])).await.status, 503);
}

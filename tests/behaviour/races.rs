//! Sign-ins and refreshes while something else happens: a user who is signed out, a look-up that fails, a crowd that guesses.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use jwt_auth::testing::FixedClock;
use jwt_auth::{
    Backend, Parts, Protected, RefreshTokens, RejectionReason, Token, auth_backend,
    passwords::{MemoryThrottle, ThrottleLimits},
};
use jwt_auth_tests::{Answer, call, call_with};
use serde_json::json;
use tokio::sync::Semaphore;

use crate::fixture::{NOW, User, alice, request, settings};

#[auth_backend(
    kind = "oauth2",
    user = User,
    token_url = "/token",
    authenticate = check_password,
    retrieve_user = find,
    scope_allowed = may_have,
    scopes(read = "Read", write = "Write"),
)]
struct Slow(Arc<World>);

/// The conditions under which the application's functions run.
struct World {
    /// How many calls of the functions may continue.
    gate: Semaphore,
    waiting: AtomicUsize,
    is_broken: AtomicBool,
    may_write: AtomicBool,
}

impl World {
    fn new() -> Arc<Self> {
        let (waiting, is_broken, may_write) = Default::default();
        let world = Self { gate: Semaphore::new(Semaphore::MAX_PERMITS), waiting, is_broken, may_write };
        world.may_write.store(true, Ordering::SeqCst);
        Arc::new(world)
    }

    async fn pass(&self) -> Result<(), String> {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        self.gate.acquire().await.unwrap().forget();
        if self.is_broken.load(Ordering::SeqCst) { Err("no connection".into()) } else { Ok(()) }
    }

    fn close(&self) {
        self.gate.forget_permits(Semaphore::MAX_PERMITS);
        self.waiting.store(0, Ordering::SeqCst);
    }

    fn open(&self) {
        self.gate.add_permits(1_000);
    }

    async fn somebody_waits(&self) {
        while self.waiting.load(Ordering::SeqCst) == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

async fn check_password(auth: &Slow, _: &str, password: &str, _: &Parts) -> Result<Option<User>, String> {
    auth.0.pass().await?;
    Ok((password == "wonderland").then(alice))
}

async fn find(auth: &Slow, _: &Token, _: &Parts) -> Result<Option<User>, String> {
    auth.0.pass().await?;
    Ok(Some(alice()))
}

fn may_have(auth: &Slow, _: &User, scope: &str) -> bool {
    scope == "read" || auth.0.may_write.load(Ordering::SeqCst)
}

struct Service {
    world: Arc<World>,
    clock: FixedClock,
    auth: Backend<Slow>,
    app: Protected,
}

fn service(refresh: RefreshTokens, throttle: MemoryThrottle) -> Service {
    let (world, clock) = (World::new(), FixedClock::at(NOW));
    let builder = settings(Slow(Arc::clone(&world)).backend()).clock(clock.clone()).leeway(Duration::from_secs(300));
    let auth = builder.refresh_tokens(refresh).throttle(throttle).build().unwrap();
    let app = auth.protect(Router::new().route("/me", get(|_: User| async {}))).unwrap();
    Service { world, clock, auth, app }
}

fn usual() -> Service {
    service(RefreshTokens::new(), MemoryThrottle::default())
}

fn three_guesses() -> MemoryThrottle {
    MemoryThrottle::new(ThrottleLimits::new().per_name(3))
}

async fn form(app: &Protected, form: &str) -> Answer {
    let mut request = request("POST", "/token", &[("content-type", "application/x-www-form-urlencoded")]);
    *request.body_mut() = form.to_owned().into();
    call(app, request).await
}

const GOOD: &str = "grant_type=password&username=alice&password=wonderland";
const WRONG: &str = "grant_type=password&username=alice&password=x";

async fn refresh(app: &Protected, token: &str, more: &str) -> Answer {
    form(app, &format!("grant_type=refresh_token&refresh_token={token}{more}")).await
}

fn text(answer: &Answer, name: &str) -> String {
    answer.json()[name].as_str().unwrap_or_default().to_owned()
}

// REV-07, STO-09: a sign-in or refresh that was checked before the sign-out does not survive it, however long the rest takes.
#[tokio::test]
async fn a_sign_out_everywhere_ends_sign_ins_and_refreshes_that_are_under_way() {
    for grant in ["password", "refresh"] {
        let service = usual();
        let first = text(&form(&service.app, GOOD).await, "refresh_token");
        service.world.close();
        let app = service.app.clone();
        let running = tokio::spawn(async move {
            if grant == "password" { form(&app, GOOD).await } else { refresh(&app, &first, "").await }
        });
        service.world.somebody_waits().await;
        service.auth.revoke_user(&7).await.unwrap();
        service.clock.advance(Duration::from_secs(5));
        service.world.open();
        let answer = running.await.unwrap();
        if grant == "refresh" {
            assert_eq!((answer.status, answer.json()), (400, json!({ "error": "invalid_grant" })));
            continue;
        }
        // The password was checked once more, after the sign-out, and is still right.
        assert_eq!((answer.status, service.world.waiting.load(Ordering::SeqCst)), (200, 2));
        assert_eq!(call_with(&service.app, &text(&answer, "access_token")).await.0, 200);
        assert_eq!(refresh(&service.app, &text(&answer, "refresh_token"), "").await.status, 200);
    }
}

// REF-02
#[tokio::test]
async fn a_look_up_that_fails_leaves_the_refresh_token_unused() {
    let service = usual();
    let token = text(&form(&service.app, GOOD).await, "refresh_token");
    service.world.is_broken.store(true, Ordering::SeqCst);
    assert_eq!(refresh(&service.app, &token, "").await.status, 500);
    service.world.is_broken.store(false, Ordering::SeqCst);
    assert_eq!(refresh(&service.app, &token, "").await.status, 200);
}

// REL-04: a client that goes away while the user is looked up has used nothing.
#[tokio::test]
async fn a_cancelled_refresh_leaves_its_token_unused() {
    let service = usual();
    let token = text(&form(&service.app, GOOD).await, "refresh_token");
    service.world.close();
    let (app, presented) = (service.app.clone(), token.clone());
    let running = tokio::spawn(async move { refresh(&app, &presented, "").await });
    service.world.somebody_waits().await;
    running.abort();
    assert!(running.await.unwrap_err().is_cancelled());
    service.world.open();
    assert_eq!(refresh(&service.app, &token, "").await.status, 200);
}

// TOK-11, REF-07
#[tokio::test]
async fn a_scope_that_the_user_lost_is_not_refreshed() {
    let service = usual();
    let answer = form(&service.app, &format!("{GOOD}&scope=read+write")).await;
    service.world.may_write.store(false, Ordering::SeqCst);
    let token = text(&answer, "refresh_token");
    assert_eq!(refresh(&service.app, &token, "&scope=write").await.json(), json!({ "error": "invalid_scope" }));
    let answer = refresh(&service.app, &token, "").await;
    assert_eq!((answer.status, text(&answer, "scope")), (200, "read".to_owned()));
}

// REF-09: the tokens of a session that was revoked stay refused while the leeway lasts.
#[tokio::test]
async fn a_reuse_ends_the_session_for_longer_than_its_tokens_last() {
    let policy = RefreshTokens::new().idle(Duration::from_secs(90)).absolute(Duration::from_secs(100));
    let service = service(policy, MemoryThrottle::default());
    let answer = form(&service.app, GOOD).await;
    let (access, first) = (text(&answer, "access_token"), text(&answer, "refresh_token"));
    assert_eq!(refresh(&service.app, &first, "").await.status, 200);
    assert_eq!(refresh(&service.app, &first, "").await.status, 400);
    service.clock.advance(Duration::from_secs(200));
    // A sign-in lets the store remove expired records.
    assert_eq!(form(&service.app, GOOD).await.status, 200);
    assert_eq!(call_with(&service.app, &access).await, (401, Some(RejectionReason::Revoked)));
}

// TOK-10
#[tokio::test]
async fn parallel_guesses_cannot_exceed_the_limit() {
    let service = service(RefreshTokens::new(), three_guesses());
    service.world.close();
    let all: Vec<_> = (0..20)
        .map(|_| {
            let app = service.app.clone();
            tokio::spawn(async move { form(&app, WRONG).await.status })
        })
        .collect();
    service.world.somebody_waits().await;
    service.world.open();
    let mut refused = 0;
    for one in all {
        refused += usize::from(one.await.unwrap() == 429);
    }
    assert_eq!((refused, service.world.waiting.load(Ordering::SeqCst)), (17, 3));
}

// TOK-10
#[tokio::test]
async fn a_password_that_could_not_be_checked_does_not_count_as_a_guess() {
    let service = service(RefreshTokens::new(), three_guesses());
    service.world.is_broken.store(true, Ordering::SeqCst);
    for _ in 0..10 {
        assert_eq!(form(&service.app, GOOD).await.status, 500);
    }
    service.world.is_broken.store(false, Ordering::SeqCst);
    assert_eq!(form(&service.app, GOOD).await.status, 200);
}

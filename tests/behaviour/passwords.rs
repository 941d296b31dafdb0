//! Password checks, at the token endpoint and in a handler: which attempts count, and how many run at once.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::routing::post;
use jwt_auth::{
    AuthSession, Backend, Builder, GrantError, Login, Parts, PasswordForm, Protected, StoreError, auth_backend,
    passwords::{Attempt, LimitReached, MemoryThrottle, NoThrottle, PasswordError, Throttle, ThrottleLimits},
    store::StoreFuture,
};
use jwt_auth_tests::{Answer, call};
use serde_json::json;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::fixture::{User, alice, request, settings};

#[auth_backend(
    kind = "oauth2",
    user = User,
    token_url = "/token",
    authenticate = check_password,
    exclude = ["POST /sign-in", "POST /ask"],
)]
struct Auth(Arc<World>);

/// The application's users. Each check waits for a permit of the gate.
struct World {
    gate: Semaphore,
    calls: AtomicUsize,
    running: AtomicUsize,
    most: AtomicUsize,
}

impl World {
    fn with_permits(permits: usize) -> Arc<Self> {
        let (calls, running, most) = Default::default();
        Arc::new(Self { gate: Semaphore::new(permits), calls, running, most })
    }

    fn open() -> Arc<Self> {
        Self::with_permits(Semaphore::MAX_PERMITS)
    }

    fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    async fn until_calls(&self, calls: usize) {
        while self.calls() < calls {
            tokio::task::yield_now().await;
        }
    }
}

/// Records the end of a check, even if its request is dropped.
struct Running<'w>(&'w World);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}

async fn check_password(auth: &Auth, username: &str, password: &str, _: &Parts) -> Result<Option<User>, String> {
    let world = &auth.0;
    world.calls.fetch_add(1, Ordering::SeqCst);
    world.most.fetch_max(world.running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
    let _running = Running(world);
    tokio::task::yield_now().await;
    let _permit = world.gate.acquire().await.unwrap();
    match username {
        "broken" => Err("no connection".into()),
        _ => Ok((password == "wonderland").then(alice)),
    }
}

async fn sign_in(session: AuthSession<Auth>, request: Parts, form: PasswordForm) -> Result<Login, GrantError> {
    let user = session.backend().check_password(&form.username, &form.password, &request).await?;
    Ok(session.login(&user.ok_or(GrantError::InvalidGrant)?).await?)
}

async fn ask(auth: Backend<Auth>, request: Parts, form: PasswordForm) -> Result<&'static str, PasswordError> {
    let user = auth.check_password(&form.username, &form.password, &request).await?;
    Ok(if user.is_some() { "right" } else { "wrong" })
}

fn app(world: &Arc<World>, set: impl FnOnce(Builder<Auth>) -> Builder<Auth>) -> Protected {
    let auth = set(settings(Auth(Arc::clone(world)).backend())).build().unwrap();
    auth.protect(Router::new().route("/sign-in", post(sign_in)).route("/ask", post(ask))).unwrap()
}

async fn send(app: &Protected, path: &str, username: &str, password: &str, address: Option<&str>) -> Answer {
    let mut request = request("POST", path, &[("content-type", "application/x-www-form-urlencoded")]);
    if let Some(address) = address {
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(address.parse().unwrap(), 1)));
    }
    let (username, password) = (encoded(username), encoded(password));
    *request.body_mut() = format!("grant_type=password&username={username}&password={password}").into();
    call(app, request).await
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

async fn guess(app: &Protected, username: &str) -> u16 {
    send(app, "/token", username, "x", None).await.status
}

// THR-01
#[tokio::test]
async fn limits_that_would_lock_everybody_out_are_errors_of_build() {
    let build = |limits: ThrottleLimits| {
        settings(Auth(World::open()).backend()).throttle(MemoryThrottle::new(limits)).build().map(drop)
    };
    let limits = ThrottleLimits::new();
    assert!(build(limits).is_ok() && build(limits.window(Duration::from_secs(86_400))).is_ok());
    for limits in [limits.per_name(0), limits.per_address(0), limits.per_name_and_address(0)] {
        assert!(build(limits).unwrap_err().to_string().starts_with("`throttle`: a limit is 0"), "{limits:?}");
    }
    assert!(build(limits.window(Duration::MAX)).unwrap_err().to_string().starts_with("`throttle`: `window`"));
}

#[tokio::test]
async fn without_authenticate_no_password_is_counted_or_called_wrong() {
    let auth = settings(crate::fixture::Bearer.backend()).build().unwrap();
    let parts = request("POST", "/", &[]).into_parts().0;
    for _ in 0..20 {
        assert_eq!(auth.check_password("alice", "wonderland", &parts).await, Err(PasswordError::NotDeclared));
    }
}

fn per_name(limit: u16) -> MemoryThrottle {
    MemoryThrottle::new(ThrottleLimits::new().per_name(limit))
}

// THR-03: 120 at once.
#[tokio::test(start_paused = true)]
async fn no_more_passwords_are_checked_at_once_than_the_builder_says() {
    let world = World::with_permits(0);
    let app = app(&world, |builder| builder.throttle(NoThrottle).sign_ins_at_once(3));
    let mut all = JoinSet::new();
    for n in 0..120 {
        let app = app.clone();
        all.spawn(async move { send(&app, "/token", &format!("user{n}"), "x", None).await });
    }
    for _ in 0..120 - 3 * 9 {
        let answer = all.join_next().await.unwrap().unwrap();
        assert_eq!((answer.status, answer.header("retry-after")), (429, Some("5")));
        assert_eq!(answer.json(), json!({ "error": "slow_down" }));
    }
    world.until_calls(3).await;
    world.gate.add_permits(1);
    while let Some(answer) = all.join_next().await {
        assert_eq!(answer.unwrap().status, 400, "a request that waits is answered");
    }
    assert_eq!((world.calls(), world.most.load(Ordering::SeqCst)), (27, 3));
}

// THR-03
#[tokio::test(flavor = "multi_thread")]
async fn many_sign_ins_at_once_are_all_answered() {
    let world = World::open();
    let app = app(&world, |builder| builder.throttle(NoThrottle).sign_ins_at_once(2));
    let mut all = JoinSet::new();
    for n in 0..120 {
        let app = app.clone();
        let password = if n % 2 == 0 { "wonderland" } else { "x" };
        all.spawn(async move { (n, send(&app, "/token", "alice", password, None).await.status) });
    }
    let mut checked = 0;
    while let Some(answer) = all.join_next().await {
        let (n, status) = answer.unwrap();
        let expected = if n % 2 == 0 { 200 } else { 400 };
        assert!(status == expected || status == 429, "{status}");
        checked += usize::from(status != 429);
    }
    assert!(checked >= 2 && world.most.load(Ordering::SeqCst) <= 2);
    assert_eq!(checked, world.calls());
    assert_eq!(guess(&app, "alice").await, 400, "every place is free again");
}

// THR-02, THR-03: a request that waited but was not checked does not count as a guess.
#[tokio::test(start_paused = true)]
async fn a_request_that_is_turned_away_is_not_counted() {
    let world = World::with_permits(0);
    let app = app(&world, |builder| builder.throttle(per_name(30)).sign_ins_at_once(1));
    let mut all = JoinSet::new();
    for _ in 0..30 {
        let app = app.clone();
        all.spawn(async move { guess(&app, "alice").await });
    }
    for _ in 0..21 {
        assert_eq!(all.join_next().await.unwrap().unwrap(), 429);
    }
    world.gate.add_permits(1);
    while let Some(status) = all.join_next().await {
        assert_eq!(status.unwrap(), 400);
    }
    for _ in 0..21 {
        assert_eq!(guess(&app, "alice").await, 400);
    }
    assert_eq!(guess(&app, "alice").await, 429);
    assert_eq!(world.calls(), 30);
}

/// A throttle that counts its calls, and fails on demand.
#[derive(Default)]
struct Noting {
    begun: AtomicUsize,
    taken_back: AtomicUsize,
    fails_to_begin: AtomicBool,
    fails_to_take_back: AtomicBool,
    hangs: AtomicBool,
}

impl Noting {
    fn noted(&self) -> [usize; 2] {
        [&self.begun, &self.taken_back].map(|count| count.load(Ordering::SeqCst))
    }

    fn answer<T: Send + 'static>(&self, count: &AtomicUsize, fails: &AtomicBool, answer: T) -> StoreFuture<'_, T> {
        count.fetch_add(1, Ordering::SeqCst);
        let fails = fails.load(Ordering::SeqCst);
        let hangs = self.hangs.load(Ordering::SeqCst);
        Box::pin(async move {
            if hangs {
                std::future::pending::<()>().await;
            }
            if fails { Err(StoreError::new("no connection")) } else { Ok(answer) }
        })
    }
}

impl Throttle for Noting {
    fn begin<'t>(&'t self, _: Attempt<'t>, _: u64) -> StoreFuture<'t, Option<LimitReached>> {
        self.answer(&self.begun, &self.fails_to_begin, None)
    }

    fn take_back<'t>(&'t self, _: Attempt<'t>, _: u64) -> StoreFuture<'t, ()> {
        self.answer(&self.taken_back, &self.fails_to_take_back, ())
    }
}

// THR-02, THR-03: a dropped request frees its place. It counts only if its password was being checked.
#[tokio::test(start_paused = true)]
async fn a_dropped_request_frees_its_place() {
    let (world, throttle) = (World::with_permits(0), Arc::new(Noting::default()));
    let app = app(&world, |builder| builder.throttle(Arc::clone(&throttle)).sign_ins_at_once(1));
    let start = |password: &'static str| {
        let app = app.clone();
        tokio::spawn(async move { send(&app, "/token", "alice", password, None).await.status })
    };
    let running = start("x");
    world.until_calls(1).await;
    let waiting = start("x");
    while throttle.noted() != [2, 0] {
        tokio::task::yield_now().await;
    }
    waiting.abort();
    while throttle.noted() != [2, 1] {
        tokio::task::yield_now().await;
    }
    running.abort();
    let next = start("wonderland");
    world.until_calls(2).await;
    world.gate.add_permits(1);
    assert_eq!(next.await.unwrap(), 200);
    assert_eq!(throttle.noted(), [3, 2], "the request that ran counts as a guess");
}

// THR-02: a password that never reaches `authenticate` is not counted.
#[tokio::test]
async fn a_password_that_is_too_long_is_wrong_and_not_counted() {
    let (world, throttle) = (World::open(), Arc::new(Noting::default()));
    let app = app(&world, |builder| builder.throttle(Arc::clone(&throttle)));
    for path in ["/token", "/sign-in"] {
        let answer = send(&app, path, "alice", &"x".repeat(1_025), None).await;
        assert_eq!((answer.status, answer.json()), (400, json!({ "error": "invalid_grant" })));
    }
    assert_eq!((world.calls(), throttle.noted()), (0, [0, 0]));
    assert_eq!(send(&app, "/token", "alice", &"x".repeat(1_024), None).await.status, 400);
    assert_eq!((world.calls(), throttle.noted()), (1, [1, 0]));
    assert_eq!(guess(&app, "broken").await, 500);
    assert_eq!(throttle.noted(), [2, 1]);
}

// THR-01: if the store of the throttle fails, no password is checked.
#[tokio::test]
async fn a_throttle_that_fails_denies() {
    let (world, throttle) = (World::open(), Arc::new(Noting::default()));
    let short = Duration::from_millis(1);
    let app = app(&world, |builder| builder.throttle(Arc::clone(&throttle)).store_timeout(short));
    for fault in [&throttle.fails_to_begin, &throttle.hangs] {
        fault.store(true, Ordering::SeqCst);
        let answer = send(&app, "/token", "alice", "wonderland", None).await;
        assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")));
        assert_eq!(answer.json(), json!({ "error": "temporarily_unavailable" }));
        assert_eq!(world.calls(), 0);
        fault.store(false, Ordering::SeqCst);
    }
    // Once the password was checked, its result decides.
    throttle.fails_to_take_back.store(true, Ordering::SeqCst);
    assert_eq!(send(&app, "/token", "alice", "wonderland", None).await.status, 200);
    assert_eq!(guess(&app, "alice").await, 400);
}

// THR-01: all spellings that the application treats as one name share one limit.
#[tokio::test]
async fn the_application_decides_which_spellings_are_one_name() {
    let spellings = ["josé", "jose\u{301}", "JOSÉ", " josé", "ｊｏｓé", "jo\u{200b}sé"];
    let world = World::open();
    let folded = app(&world, |builder| builder.throttle(per_name(3)));
    let mut statuses = Vec::new();
    for spelling in spellings {
        statuses.push(guess(&folded, spelling).await);
    }
    assert_eq!(statuses, [400, 400, 400, 429, 429, 429]);
    let exact = app(&world, |builder| builder.throttle(per_name(1)).fold_names(str::to_owned));
    for spelling in spellings {
        assert_eq!((guess(&exact, spelling).await, guess(&exact, spelling).await), (400, 429), "{spelling}");
    }
    let without_tag = |name: &str| name.split('+').next().unwrap_or_default().to_owned();
    let own = app(&world, |builder| builder.throttle(per_name(1)).fold_names(without_tag));
    assert_eq!((guess(&own, "alice").await, guess(&own, "alice+x").await), (400, 429));
    let calls = world.calls();
    let broken = app(&world, |builder| builder.fold_names(|_| panic!("a bug of the application")));
    assert_eq!((guess(&broken, "alice").await, world.calls()), (500, calls));
}

// THR-01: guesses from one address do not lock out a user at another address.
#[tokio::test]
async fn one_address_cannot_lock_a_name() {
    let world = World::open();
    let app = app(&world, |builder| builder.throttle(MemoryThrottle::default()));
    let (attacker, victim) = (Some("192.0.2.1"), Some("198.51.100.7"));
    for n in 0..50 {
        let expected = if n < 5 { 400 } else { 429 };
        assert_eq!(send(&app, "/token", "alice", "x", attacker).await.status, expected);
    }
    assert_eq!(send(&app, "/token", "alice", "x", Some("::ffff:192.0.2.1")).await.status, 429);
    for _ in 0..20 {
        assert_eq!(send(&app, "/token", "alice", "wonderland", victim).await.status, 200);
    }
}

// THR-01: wrong passwords stay counted after a sign-in, and sign-ins are not counted.
#[tokio::test]
async fn a_right_password_leaves_the_wrong_ones_counted() {
    let world = World::open();
    let app = app(&world, |builder| builder.throttle(MemoryThrottle::default()));
    let (here, elsewhere) = (Some("192.0.2.1"), Some("198.51.100.7"));
    for _ in 0..4 {
        assert_eq!(send(&app, "/token", "alice", "x", here).await.status, 400);
        for _ in 0..20 {
            assert_eq!(send(&app, "/token", "alice", "wonderland", here).await.status, 200);
        }
    }
    assert_eq!(send(&app, "/token", "alice", "x", here).await.status, 400);
    assert_eq!(send(&app, "/token", "alice", "wonderland", here).await.status, 429);
    assert_eq!(send(&app, "/token", "alice", "wonderland", elsewhere).await.status, 200);
}

// THR-01: attempts in a handler of the application count together with those at the endpoint.
#[tokio::test]
async fn a_handler_checks_passwords_within_the_same_limits() {
    let world = World::open();
    let app = app(&world, |builder| builder.throttle(per_name(3)).sign_ins_at_once(1));
    assert_eq!(send(&app, "/sign-in", "alice", "wonderland", None).await.status, 200);
    assert_eq!(send(&app, "/ask", "alice", "wonderland", None).await.body, "right");
    assert_eq!(send(&app, "/ask", "alice", "x", None).await.body, "wrong");
    assert_eq!(send(&app, "/sign-in", "alice", "x", None).await.status, 400);
    assert_eq!(guess(&app, "alice").await, 400);
    for path in ["/token", "/sign-in", "/ask"] {
        let answer = send(&app, path, "alice", "wonderland", None).await;
        assert_eq!((answer.status, answer.json()), (429, json!({ "error": "slow_down" })), "{path}");
        assert!(answer.header("retry-after").is_some_and(|wait| wait.parse::<u64>().is_ok_and(|wait| wait > 5)));
    }
    assert_eq!(send(&app, "/ask", "broken", "x", None).await.status, 500);
}

#[test]
fn zero_sign_ins_at_once_is_an_error_of_build() {
    let error = settings(Auth(World::open()).backend()).sign_ins_at_once(0).build().unwrap_err();
    assert!(error.to_string().contains("`sign_ins_at_once` is 0"), "{error}");
}

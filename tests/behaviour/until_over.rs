//! Connections that stay open: when they learn that their token is over.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::routing::{get, post};
use jwt_auth::session::Over;
use jwt_auth::testing::FixedClock;
use jwt_auth::{
    AuthSession, Backend, Builder, Issuer, LoginError, Logout, LogoutError, MemoryStore, Protected, RefreshTokens,
    StoreError, Token, auth_backend,
};
use jwt_auth_tests::around::{Around, fail, go_on};
use jwt_auth_tests::call;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::fixture::{ISSUER, NOW, User, alice, bearer, request, settings};

/// The default interval and `store_timeout` together.
const BOUND: Duration = Duration::from_secs(12);
/// Longer than any wait that is meant to end.
const LONG: Duration = Duration::from_secs(1_000);

#[auth_backend(kind = "oauth2", user = User, token_url = "/token", revoked = revoked, exclude = ["POST /sign-in"])]
struct Auth {
    revokes: Arc<AtomicBool>,
    fails: Arc<AtomicBool>,
}

fn revoked(auth: &Auth, _: &Token) -> Result<bool, StoreError> {
    match auth.fails.load(Ordering::SeqCst) {
        true => Err(StoreError::new("no connection")),
        false => Ok(auth.revokes.load(Ordering::SeqCst)),
    }
}

/// An instance of a service. Each has a store handle of its own.
struct Instance {
    app: Protected,
    auth: Backend<Auth>,
    clock: FixedClock,
    revokes: Arc<AtomicBool>,
    revoked_fails: Arc<AtomicBool>,
    store_fails: Arc<AtomicBool>,
    reads: Arc<AtomicUsize>,
}

impl Instance {
    fn new(store: &Arc<MemoryStore>) -> Self {
        Self::with(store, |builder| builder)
    }

    fn with(store: &Arc<MemoryStore>, more: impl FnOnce(Builder<Auth>) -> Builder<Auth>) -> Self {
        let clock = FixedClock::at(NOW);
        let [revokes, revoked_fails, store_fails] = [(); 3].map(|()| Arc::<AtomicBool>::default());
        let reads = Arc::<AtomicUsize>::default();
        let (counted, failing) = (Arc::clone(&reads), Arc::clone(&store_fails));
        let around = Around::before(store, move |_| {
            counted.fetch_add(1, Ordering::SeqCst);
            if failing.load(Ordering::SeqCst) { fail() } else { go_on() }
        });
        let config = Auth { revokes: Arc::clone(&revokes), fails: Arc::clone(&revoked_fails) };
        let builder = settings(config.backend()).clock(clock.clone()).refresh_tokens(RefreshTokens::new());
        let auth = more(builder.store(around)).build().unwrap();
        let sign_in = |session: AuthSession<Auth>| async move {
            let login = session.login(&alice()).with_refresh_token().await?;
            Ok::<_, LoginError>(login.token().to_owned())
        };
        async fn sign_out(session: AuthSession<Auth>) -> Result<Logout, LogoutError> {
            session.logout().await
        }
        let router = Router::new()
            .route("/sign-in", post(sign_in))
            .route("/sign-out", post(sign_out))
            .route("/me", get(|_: User| async {}));
        let app = auth.protect(router).unwrap();
        Self { app, auth, clock, revokes, revoked_fails, store_fails, reads }
    }

    async fn sign_in(&self) -> String {
        call(&self.app, request("POST", "/sign-in", &[])).await.body
    }

    async fn sign_out(&self, token: &str) {
        let answer = call(&self.app, request("POST", "/sign-out", &[("authorization", &bearer(token))])).await;
        assert_eq!(answer.status, 204, "{answer:?}");
    }

    async fn token(&self, text: &str) -> Token {
        self.auth.verify(text).await.unwrap().token
    }

    /// A connection with this token. It has begun to wait.
    async fn connect(&self, text: &str) -> JoinHandle<(Over, Instant)> {
        let over = self.auth.until_over(&self.token(text).await);
        let connection = tokio::spawn(async move { (over.await, Instant::now()) });
        tokio::task::yield_now().await;
        connection
    }
}

async fn ends(connection: JoinHandle<(Over, Instant)>) -> (Over, Instant) {
    tokio::time::timeout(LONG, connection).await.expect("it ends").unwrap()
}

async fn stays(connection: &mut JoinHandle<(Over, Instant)>, time: Duration) {
    assert!(tokio::time::timeout(time, connection).await.is_err(), "the connection has ended");
}

#[tokio::test(start_paused = true)]
async fn a_sign_out_on_the_same_instance_is_noticed_at_once() {
    let here = Instance::new(&Arc::default());
    let (token, other) = (here.sign_in().await, here.sign_in().await);
    let connection = here.connect(&token).await;
    let mut goes_on = here.connect(&other).await;
    stays(&mut goes_on, Duration::from_secs(60)).await;
    let ended_at = Instant::now();
    here.sign_out(&token).await;
    assert_eq!(ends(connection).await, (Over::Ended, ended_at));
    stays(&mut goes_on, Duration::from_secs(60)).await;
    let ended_at = Instant::now();
    here.auth.revoke_user(&alice().id).await.unwrap();
    assert_eq!(ends(goes_on).await, (Over::Ended, ended_at));
}

// SEE-04
#[tokio::test(start_paused = true)]
async fn a_sign_out_on_another_instance_is_noticed_within_the_bound() {
    let store = Arc::new(MemoryStore::new());
    let (here, there) = (Instance::new(&store), Instance::new(&store));
    for delay in [0, 1, 4, 9, 10, 37] {
        let token = here.sign_in().await;
        let mut connection = here.connect(&token).await;
        stays(&mut connection, Duration::from_secs(delay)).await;
        let ended_at = Instant::now();
        there.sign_out(&token).await;
        let (over, noticed_at) = ends(connection).await;
        assert_eq!(over, Over::Ended);
        assert!(noticed_at - ended_at <= BOUND, "{:?} after {delay}", noticed_at - ended_at);
    }
    let token = here.sign_in().await;
    let connection = here.connect(&token).await;
    let ended_at = Instant::now();
    there.auth.revoke_user(&alice().id).await.unwrap();
    let (over, noticed_at) = ends(connection).await;
    assert!(over == Over::Ended && noticed_at - ended_at <= BOUND);
}

#[tokio::test(start_paused = true)]
async fn the_declared_revoked_ends_a_connection() {
    let here = Instance::new(&Arc::default());
    let token = here.sign_in().await;
    let mut connection = here.connect(&token).await;
    stays(&mut connection, Duration::from_secs(30)).await;
    let ended_at = Instant::now();
    here.revokes.store(true, Ordering::SeqCst);
    let (over, noticed_at) = ends(connection).await;
    assert!(over == Over::Ended && noticed_at - ended_at <= BOUND);
}

// The builder's clock decides what has expired.
#[tokio::test(start_paused = true)]
async fn an_expired_token_ends_a_connection() {
    let here = Instance::with(&Arc::default(), |builder| builder.lifetime(Duration::from_secs(100)));
    let token = here.sign_in().await;
    let mut connection = here.connect(&token).await;
    stays(&mut connection, Duration::from_secs(500)).await;
    here.clock.advance(Duration::from_secs(100));
    let (noticed, at) = (Instant::now(), ends(connection).await);
    assert!(at.0 == Over::Expired && at.1 - noticed <= BOUND);
    // With a clock that goes on, it is noticed within a second.
    let began = Instant::now();
    let ticking = Instance::with(&Arc::default(), |builder| {
        let clock = move || NOW + i64::try_from(began.elapsed().as_secs()).unwrap();
        builder.clock(clock).lifetime(Duration::from_millis(12_300))
    });
    let token = ticking.sign_in().await;
    let (over, noticed_at) = ends(ticking.connect(&token).await).await;
    assert_eq!((over, (noticed_at - began).as_secs()), (Over::Expired, 12));
}

// SEE-04
#[tokio::test(start_paused = true)]
async fn a_store_that_fails_for_the_whole_bound_is_unknown() {
    let here = Instance::new(&Arc::default());
    let token = here.sign_in().await;
    let mut connection = here.connect(&token).await;
    stays(&mut connection, Duration::from_secs(25)).await;
    for fault in [&here.store_fails, &here.revoked_fails] {
        // A short failure is nothing.
        fault.store(true, Ordering::SeqCst);
        stays(&mut connection, Duration::from_secs(1)).await;
        fault.store(false, Ordering::SeqCst);
        stays(&mut connection, Duration::from_secs(25)).await;
    }
    here.store_fails.store(true, Ordering::SeqCst);
    let (failed_at, (over, noticed_at)) = (Instant::now(), ends(connection).await);
    assert_eq!(over, Over::Unknown);
    assert!(noticed_at - failed_at <= BOUND, "{:?}", noticed_at - failed_at);
    // An application that keeps the connection asks again.
    here.store_fails.store(false, Ordering::SeqCst);
    let mut again = here.connect(&token).await;
    stays(&mut again, Duration::from_secs(60)).await;
}

#[tokio::test(start_paused = true)]
async fn a_backend_that_only_verifies_knows_the_expiry_and_the_issuer() {
    #[auth_backend(kind = "bearer", user = User)]
    struct Verifier;
    let keys = jwt_auth_tests::keys::signing(jwt_auth::Algorithm::ES256, "one");
    let issuing = crate::fixture::Bearer.backend().keys(keys.clone().into()).issuer(ISSUER).clock(|| NOW);
    let token = issuing.build().unwrap().create_token(&alice()).unwrap();
    let clock = FixedClock::at(NOW);
    let issuer = Issuer::rfc9068(ISSUER).keys(keys.verifying_key().clone()).audience(ISSUER);
    let auth = Verifier.backend().verify_only().trust(issuer).clock(clock.clone()).build().unwrap();
    #[expect(clippy::async_yields_async, reason = "the connection is awaited later")]
    let connect = async || {
        let over = auth.until_over(&auth.verify(&token).await.unwrap().token);
        let connection = tokio::spawn(async move { (over.await, Instant::now()) });
        tokio::task::yield_now().await;
        connection
    };
    let (mut removed, mut expired) = (connect().await, connect().await);
    stays(&mut removed, Duration::from_secs(60)).await;
    clock.advance(Duration::from_secs(3_600));
    assert_eq!(ends(expired).await.0, Over::Expired);
    assert_eq!(ends(removed).await.0, Over::Expired);
    clock.set(NOW);
    expired = connect().await;
    assert!(auth.remove_issuer(ISSUER));
    assert_eq!(ends(expired).await.0, Over::Ended);
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_connections_are_spread_and_small() {
    let here = Instance::new(&Arc::default());
    let token = here.token(&here.sign_in().await).await;
    let size = std::mem::size_of_val(&here.auth.until_over(&token));
    assert!(size <= 512, "{size} bytes");
    println!("a connection takes {size} bytes");
    let mut connections = tokio::task::JoinSet::new();
    for _ in 0..10_000 {
        connections.spawn(here.auth.until_over(&token));
    }
    let mut before = here.reads.load(Ordering::SeqCst);
    for second in 0..30 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let reads = here.reads.load(Ordering::SeqCst);
        assert!((900..=1_100).contains(&(reads - before)), "{} reads in second {second}", reads - before);
        before = reads;
    }
    here.auth.revoke_user(&alice().id).await.unwrap();
    while let Some(over) = connections.join_next().await {
        assert_eq!(over.unwrap(), Over::Ended);
    }
}

// No id: a wrong setting is an error of `build()`.
#[test]
fn the_interval_has_bounds() {
    for (interval, is_good) in [(0, false), (999, false), (1_000, true), (3_600_000, true), (3_600_001, false)] {
        let builder = settings(crate::fixture::Bearer.backend());
        let built = builder.open_connections_checked_every(Duration::from_millis(interval)).build();
        let names = built.as_ref().err().is_some_and(|e| e.to_string().contains("`open_connections_checked_every`"));
        assert_eq!((built.is_ok(), names), (is_good, !is_good), "{interval}");
    }
}

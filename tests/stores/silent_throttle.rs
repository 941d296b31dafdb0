//! Connections of a throttle that stay silent in the middle of a call, while new ones work.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use jwt_auth::passwords::{Attempt, PostgresThrottle, Throttle};
use sqlx::postgres::PgPoolOptions;
use tokio::time::{sleep, timeout};

use crate::proxy::Proxy;
use crate::servers::Server;

const TIMEOUT: Duration = Duration::from_millis(500);
/// Only a test that hangs takes this long.
const HANGS: Duration = Duration::from_secs(60);
const NOW: u64 = 1_800_000_000;

// STO-05, THR-02
#[tokio::test(flavor = "multi_thread")]
async fn connections_of_a_throttle_that_fall_silent_in_a_call_are_replaced() {
    let Some(server) = Server::postgres().await else { return };
    let proxy = Proxy::before(server.port).await;
    let url = format!("postgres://postgres@127.0.0.1:{}/postgres", proxy.port);
    let pool = PgPoolOptions::new().min_connections(4).max_connections(4).connect(&url).await.expect("a database");
    let throttle = Arc::new(PostgresThrottle::new(pool, "orders").migrate().await.expect("tables"));
    let begin = |name: String| {
        let throttle = Arc::clone(&throttle);
        async move { timeout(TIMEOUT, throttle.begin(Attempt { name: &name, address: None }, NOW)).await }
    };
    assert!(matches!(begin("alice".into()).await, Ok(Ok(None))));
    // The connections fall silent while the pool tests them, or later, when the statements are on their way.
    for silent_after in [250, 350, 50] {
        proxy.delay.store(200, Ordering::SeqCst);
        let calls: Vec<_> = (0..8).map(|n| tokio::spawn(begin(format!("{silent_after} {n}")))).collect();
        sleep(Duration::from_millis(silent_after)).await;
        proxy.freeze_all();
        for call in calls {
            call.await.expect("it ends").ok();
        }
        proxy.delay.store(0, Ordering::SeqCst);
        let began = Instant::now();
        while !matches!(begin(format!("{silent_after} after")).await, Ok(Ok(_))) {
            assert!(began.elapsed() < HANGS, "an attempt is not answered again");
            sleep(Duration::from_millis(20)).await;
        }
        println!("attempts are answered {:?} after the calls that fell silent", began.elapsed());
    }
    for n in 0..9 {
        assert!(matches!(begin("alice".into()).await, Ok(Ok(None))), "attempt {n}");
    }
    assert!(matches!(begin("alice".into()).await, Ok(Ok(Some(_)))), "nothing was forgotten");
}

/// A throttle on one connection, through a proxy.
async fn on_one_connection(server: &Server) -> (Proxy, PostgresThrottle) {
    let proxy = Proxy::before(server.port).await;
    let url = format!("postgres://postgres@127.0.0.1:{}/postgres", proxy.port);
    let pool = PgPoolOptions::new().max_connections(1).connect(&url).await.expect("a database");
    let throttle = PostgresThrottle::new(pool, "orders").migrate().await.expect("tables");
    (proxy, throttle)
}

/// Tries until an attempt is answered.
async fn answers_again(throttle: &PostgresThrottle) {
    let began = Instant::now();
    while !matches!(timeout(TIMEOUT, throttle.begin(Attempt { name: "bob", address: None }, NOW)).await, Ok(Ok(_))) {
        assert!(began.elapsed() < HANGS, "an attempt is not answered again");
        sleep(Duration::from_millis(20)).await;
    }
    println!("attempts are answered again after {:?}", began.elapsed());
}

// T1: the pool pings a connection that is returned to it, without a time limit.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_falls_silent_after_a_call_is_replaced() {
    let Some(server) = Server::postgres().await else { return };
    let (proxy, throttle) = on_one_connection(&server).await;
    for delay in [200, 50, 5] {
        proxy.delay.store(delay, Ordering::SeqCst);
        throttle.begin(Attempt { name: "alice", address: None }, NOW).await.expect("an answer");
        proxy.freeze_all();
        proxy.delay.store(0, Ordering::SeqCst);
        answers_again(&throttle).await;
    }
}

// T1: as many connections wait outside the pool as it may have. The next one is closed after a while.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_connection_that_falls_silent_is_replaced() {
    let Some(server) = Server::postgres().await else { return };
    let (proxy, throttle) = on_one_connection(&server).await;
    answers_again(&throttle).await;
    for _ in 0..2 {
        // The pool has tested the connection, and the statement is on its way.
        proxy.delay.store(200, Ordering::SeqCst);
        let begin = throttle.begin(Attempt { name: "alice", address: None }, NOW);
        assert!(timeout(Duration::from_millis(300), begin).await.is_err());
        proxy.freeze_all();
        proxy.delay.store(0, Ordering::SeqCst);
        answers_again(&throttle).await;
    }
}

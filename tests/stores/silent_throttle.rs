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

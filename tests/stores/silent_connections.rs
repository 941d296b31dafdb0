//! Connections that stay silent in the middle of a call, while new ones work.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use jwt_auth::store::{Document, Key, PostgresStore, RedisStore, Safety, Store};
use sqlx::postgres::PgPoolOptions;
use tokio::time::{sleep, timeout};

use crate::proxy::Proxy;
use crate::servers::Server;
use crate::unavailable_servers::{document, kept, key};

const TIMEOUT: Duration = Duration::from_millis(500);
/// Only a test that hangs takes this long.
const HANGS: Duration = Duration::from_secs(60);

/// STO-05: all connections of the store fall silent `silent_after` milliseconds after calls of each kind began. No call is
/// half carried out, and later calls of each kind are answered. On a busy machine the calls may have progressed less by then, but
/// the same rules hold at every moment.
async fn comes_back(proxy: &Proxy, store: Arc<dyn Store>, silent_after: u64) {
    let fresh = || Document { keep_until: 4_000_000_000, ..document() };
    let old = fresh();
    let mut keys = Vec::new();
    for _ in 0..8 {
        let key = key();
        assert_eq!(store.replace(&key, None, Some(old.clone()), Safety::Usual).await, Ok(true));
        keys.push(key);
    }
    proxy.delay.store(200, Ordering::SeqCst);
    let (new, version) = (fresh(), old.version);
    let calls: Vec<_> = keys
        .iter()
        .zip([Safety::Usual, Safety::Confirmed].into_iter().cycle())
        .map(|(key, safety)| {
            let (store, key, new) = (Arc::clone(&store), *key, new.clone());
            let call = async move { store.replace(&key, Some(version), Some(new), safety).await };
            tokio::spawn(timeout(TIMEOUT, call))
        })
        .collect();
    sleep(Duration::from_millis(silent_after)).await;
    proxy.freeze_all();
    let began = Instant::now();
    for call in calls {
        let answer = call.await.expect("it ends");
        assert!(answer.is_err() || answer.is_ok_and(|answer| answer != Ok(false)), "nobody else replaces it");
    }
    proxy.delay.store(0, Ordering::SeqCst);
    // A busy machine may need longer than the time limit of the first attempt.
    let mut limit = TIMEOUT;
    while !matches!(timeout(limit, store.read_summary(&keys[0])).await, Ok(Ok(Some(_)))) {
        assert!(began.elapsed() < HANGS, "a check is not answered again");
        limit *= 2;
        sleep(Duration::from_millis(20)).await;
    }
    println!("checks are answered {:?} after the connections fell silent", began.elapsed());
    for safety in [Safety::Usual, Safety::Confirmed] {
        let mut limit = TIMEOUT;
        while !matches!(timeout(limit, store.replace(&key(), None, Some(document()), safety)).await, Ok(Ok(true))) {
            assert!(began.elapsed() < HANGS, "{safety:?} is not answered again");
            limit *= 2;
            sleep(Duration::from_millis(20)).await;
        }
        println!("{safety:?} is answered {:?} after the connections fell silent", began.elapsed());
    }
    for key in &keys {
        is_whole(&*store, key, &[&old, &new]).await;
    }
    kept(&*store).await;
}

async fn is_whole(store: &dyn Store, key: &Key, known: &[&Document]) {
    let found = store.read(key).await.expect("an answer").document.expect("a document");
    assert!(known.contains(&&found), "it is the old one or the new one");
}

// STO-05
#[tokio::test(flavor = "multi_thread")]
async fn connections_to_redis_that_fall_silent_in_a_call_are_replaced() {
    let Some(master) = Server::redis(&[]).await else { return };
    let at = master.port.to_string();
    let Some(_replica) = Server::redis(&["--replicaof", "127.0.0.1", &at]).await else { return };
    let proxy = Proxy::before(master.port).await;
    let store = RedisStore::connect(&format!("redis://127.0.0.1:{}", proxy.port), "shop").await;
    let store = Arc::new(store.expect("a server").confirmed_by(1, TIMEOUT));
    let began = Instant::now();
    while store.replace(&key(), None, Some(document()), Safety::Confirmed).await != Ok(true) {
        assert!(began.elapsed() < HANGS, "no replica");
    }
    comes_back(&proxy, store, 50).await;
}

// STO-05
#[tokio::test(flavor = "multi_thread")]
async fn connections_to_postgres_that_fall_silent_in_a_call_are_replaced() {
    let Some(server) = Server::postgres().await else { return };
    let proxy = Proxy::before(server.port).await;
    let url = format!("postgres://postgres@127.0.0.1:{}/postgres", proxy.port);
    let pool = PgPoolOptions::new().min_connections(4).max_connections(4).connect(&url).await.expect("a database");
    let store = Arc::new(PostgresStore::new(pool).migrate().await.expect("tables"));
    // The connections fall silent while the pool tests them, or later, when the statements are on their way.
    for silent_after in [250, 350, 50] {
        comes_back(&proxy, Arc::clone(&store) as _, silent_after).await;
    }
}

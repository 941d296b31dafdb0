//! Stores with servers that fail over under a load. The benchmarks run longer forms of these tests.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jwt_auth::{
    StoreError,
    store::{Key, PostgresStore, Safety, Store, Version},
};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::history::{Failover, is_kept, judge};
use crate::register::{Load, Notes, keys};
use crate::replicated_postgres::{Failure, Replicating, ask, set};
use crate::replicated_redis::Replicated;
use crate::servers::Server;
use crate::unavailable_servers::{document, key};

/// Only a test that hangs takes this long.
const HANGS: Duration = Duration::from_secs(60);

fn groups(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("g{n}")).collect()
}

fn print(what: &str, notes: &Notes, failovers: &[Failover]) {
    for failover in failovers {
        let took = failover.promoted - failover.began;
        println!("{what}: promoted after {took:?}, (first, every key) {:?} later", notes.back_after(failover.promoted));
    }
}

// STO-05, STO-06
#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_that_fails_over_keeps_writes_that_replicas_confirmed() {
    let Some(mut cluster) = Replicated::start().await else { return };
    let groups = groups(6);
    let handles: [Arc<dyn Store>; 2] = [cluster.store().await, cluster.store().await];
    let load = Load::start(&handles, keys(&groups, 4)).await;
    load.is_answered().await;
    let killed = cluster.kill(&groups[0], true, &load).await;
    load.is_answered().await;
    println!("killed, and whole again, {:?}", load.now());
    let (hung, past) = cluster.hang(&groups[1], &load).await;
    println!("hung, and whole again, {:?}; it answered from its past for {past:?}", load.now());
    load.is_answered().await;
    cluster.move_slot(&groups[2], &load).await;
    load.is_answered().await;
    let failovers = [killed, hung];
    let notes = load.stop().await;
    let verdict = judge(&notes, &failovers);
    print("a cluster", &notes, &failovers);
    println!("{verdict}; {:?}", notes.errors);
    is_kept(&notes, &verdict);
}

// STO-06
#[tokio::test(flavor = "multi_thread")]
async fn a_master_that_is_cut_off_loses_no_write_that_it_confirmed_to_replicas() {
    let Some((cluster, network)) = Replicated::on_a_network().await else { return };
    let groups = groups(6);
    let handles: [Arc<dyn Store>; 2] = [cluster.store().await, cluster.store().await];
    let load = Load::start(&handles, keys(&groups, 4)).await;
    load.is_answered().await;
    let (cut_off, past) = cluster.cut_off(&groups[0], &network, &load).await;
    load.is_answered().await;
    let notes = load.stop().await;
    let verdict = judge(&notes, &[cut_off]);
    print("a master that is cut off", &notes, &[cut_off]);
    println!("it answered from its past for {past:?}; {verdict}; {:?}", notes.errors);
    is_kept(&notes, &verdict);
}

/// STO-05: the primary is killed, and the next one hangs. Returns the notes of the load, and the two failovers.
async fn fails_over(is_synchronous: bool, is_cut_off: bool) -> Option<(Notes, [Failover; 2])> {
    let mut both = Replicating::start(is_synchronous).await?;
    let handles: [Arc<dyn Store>; 2] = [both.store().await, both.store().await];
    let load = Load::start(&handles, keys(&groups(6), 4)).await;
    load.is_answered().await;
    let killed = both.fail_over(Failure::Killed, is_cut_off, &load).await;
    load.is_answered().await;
    let hung = both.fail_over(Failure::Hung, is_cut_off, &load).await;
    load.is_answered().await;
    Some((load.stop().await, [killed, hung]))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promoted_synchronous_standby_has_every_confirmed_write() {
    for is_cut_off in [false, true] {
        let Some((notes, failovers)) = fails_over(true, is_cut_off).await else { return };
        let verdict = judge(&notes, &failovers);
        print("a synchronous standby", &notes, &failovers);
        println!("{verdict}; {:?}", notes.errors);
        is_kept(&notes, &verdict);
        assert_eq!(verdict.lost_usual, 0, "{verdict}");
    }
}

/// Lost writes are only printed. Among the other writes, no version may have two winners.
#[tokio::test(flavor = "multi_thread")]
async fn a_promoted_asynchronous_standby_gives_no_version_two_winners() {
    let Some((notes, failovers)) = fails_over(false, true).await else { return };
    let verdict = judge(&notes, &failovers);
    print("an asynchronous standby", &notes, &failovers);
    println!("{verdict}; {:?}", notes.errors);
    assert_eq!(verdict.double_winners, 0, "{verdict}");
}

/// A replacement, in a task of its own, that may have to wait for a standby.
struct Waiting(JoinHandle<Result<bool, StoreError>>);

impl Waiting {
    fn start(store: &Arc<PostgresStore>, key: Key, expected: Option<Version>, safety: Safety) -> Self {
        let store = Arc::clone(store);
        Self(tokio::spawn(async move { store.replace(&key, expected, Some(document()), safety).await }))
    }

    /// Returns true once `count` connections of this server wait for a standby, and false if the replacement ends before.
    async fn is_waiting(&self, port: u16, count: i64) -> bool {
        let statement = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
        let began = Instant::now();
        while ask(port, statement).await != Some(count) {
            if self.0.is_finished() {
                return false;
            }
            assert!(began.elapsed() < HANGS, "it neither waits nor ends");
            sleep(Duration::from_millis(20)).await;
        }
        true
    }
}

/// Even a connection with a setting not to wait for replicas waits for them if the write has to be confirmed.
#[tokio::test(flavor = "multi_thread")]
async fn a_confirmed_write_waits_for_the_standby_on_any_connection() {
    let Some(server) = Server::postgres().await else { return };
    let options: PgConnectOptions = server.postgres_url().parse().expect("a URL");
    let store = |level| {
        let options = options.clone().options([("synchronous_commit", level)]);
        PostgresStore::new(PgPoolOptions::new().max_connections(8).connect_lazy_with(options))
    };
    let on = Arc::new(store("on").migrate().await.expect("tables"));
    let [off, local] = &["off", "local"].map(|level| Arc::new(store(level)));
    let (present, old) = (key(), document());
    assert_eq!(off.replace(&present, None, Some(old.clone()), Safety::Usual).await, Ok(true));
    set(server.port, "ALTER SYSTEM SET synchronous_standby_names = 'nobody'").await;
    // PostgreSQL reads its settings a moment later. Only then does a usual write wait, on a connection with the setting to wait.
    let mut waiting = loop {
        let write = Waiting::start(&on, key(), None, Safety::Usual);
        if write.is_waiting(server.port, 1).await {
            break vec![write];
        }
        assert_eq!(write.0.await.expect("it ends"), Ok(true));
    };
    for store in [off, local] {
        assert_eq!(store.replace(&key(), None, Some(document()), Safety::Usual).await, Ok(true), "it does not wait");
        waiting.push(Waiting::start(store, key(), None, Safety::Confirmed));
        assert!(waiting[waiting.len() - 1].is_waiting(server.port, waiting.len() as i64).await);
    }
    waiting.push(Waiting::start(off, present, Some(old.version), Safety::Confirmed));
    assert!(waiting[waiting.len() - 1].is_waiting(server.port, waiting.len() as i64).await);
    set(server.port, "ALTER SYSTEM SET synchronous_standby_names = ''").await;
    for write in waiting {
        assert_eq!(write.0.await.expect("it ends"), Ok(true));
    }
}

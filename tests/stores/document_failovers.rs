//! Stores of documents whose servers fail over under a load. The benchmarks run longer forms of these tests.

use std::sync::Arc;
use std::time::Duration;

use jwt_auth::{PostgresStore, Safety, Store};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use tokio::time::{sleep, timeout};

use crate::document_outages::{document, key};
use crate::failover::Replicated;
use crate::history::{Failover, is_kept, judge};
use crate::register::{Load, Notes, keys};
use crate::servers::Server;
use crate::standby::{Failure, Replicating, set};

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
    cluster.move_slot(&groups[2]).await;
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

/// Lost writes are only printed. Apart from them, no version may have two winners.
#[tokio::test(flavor = "multi_thread")]
async fn a_promoted_asynchronous_standby_gives_no_version_two_winners() {
    let Some((notes, failovers)) = fails_over(false, true).await else { return };
    let verdict = judge(&notes, &failovers);
    print("an asynchronous standby", &notes, &failovers);
    println!("{verdict}; {:?}", notes.errors);
    assert_eq!(verdict.double_winners, 0, "{verdict}");
}

/// A connection that is set not to wait for replicas waits for them if the write has to be confirmed.
#[tokio::test(flavor = "multi_thread")]
async fn a_confirmed_write_waits_for_the_standby_on_any_connection() {
    let Some(server) = Server::postgres().await else { return };
    let options: PgConnectOptions =
        format!("postgres://postgres@127.0.0.1:{}/postgres", server.port).parse().expect("a URL");
    let stores = ["off", "local"].map(|level| {
        let options = options.clone().options([("synchronous_commit", level)]);
        PgPoolOptions::new().max_connections(8).connect_lazy_with(options)
    });
    let [off, local] = stores.map(PostgresStore::new);
    let (off, local) = (off.migrate().await.expect("tables"), local);
    let old = document();
    let present = key();
    assert_eq!(off.replace(&present, None, Some(old.clone()), Safety::Usual).await, Ok(true));
    set(server.port, "ALTER SYSTEM SET synchronous_standby_names = 'nobody'").await;
    // PostgreSQL reads the settings again a moment later.
    let (within, mut waiting) = (Duration::from_secs(1), Vec::new());
    for store in [&off, &local] {
        assert_eq!(store.replace(&key(), None, Some(document()), Safety::Usual).await, Ok(true), "it does not wait");
        let absent = key();
        waiting.push(absent);
        let insert = store.replace(&absent, None, Some(document()), Safety::Confirmed);
        assert!(timeout(within, insert).await.is_err(), "it waits");
    }
    let update = off.replace(&present, Some(old.version), Some(document()), Safety::Confirmed);
    assert!(timeout(within, update).await.is_err(), "it waits");
    set(server.port, "ALTER SYSTEM SET synchronous_standby_names = ''").await;
    for key in waiting {
        while off.read(&key).await.expect("an answer").document.is_none() {
            sleep(Duration::from_millis(20)).await;
        }
    }
}

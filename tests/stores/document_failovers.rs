//! Stores of documents whose servers fail over under a load. The long form of these is a question of the benchmarks.

use std::sync::Arc;

use jwt_auth::DocumentStore;

use crate::failover::Replicated;
use crate::history::{Failover, is_kept, judge};
use crate::register::{Load, Notes, keys};

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
async fn a_cluster_that_fails_over_keeps_what_it_confirmed_to_replicas() {
    let Some(mut cluster) = Replicated::start().await else { return };
    let groups = groups(6);
    let handles: [Arc<dyn DocumentStore>; 2] = [cluster.store().await, cluster.store().await];
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

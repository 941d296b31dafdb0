//! A confirmed write that is sent again, on a new connection.

use std::time::{Duration, Instant};

use jwt_auth::store::{RedisStore, Safety, Store};

use crate::servers::Server;
use crate::unavailable_servers::{document, key};

/// Only a test that hangs takes this long.
const HANGS: Duration = Duration::from_secs(60);

// STO-02
#[tokio::test(flavor = "multi_thread")]
async fn a_confirmed_write_that_is_sent_again_waits_for_the_replica_too() {
    let Some(master) = Server::redis(&[]).await else { return };
    let at = master.port.to_string();
    let Some(mut replica) = Server::redis(&["--replicaof", "127.0.0.1", &at]).await else { return };
    let store = async || {
        let store = RedisStore::connect(&master.redis_url(), "shop").await.expect("a server");
        store.confirmed_by(1, Duration::from_millis(300))
    };
    let first = store().await;
    let began = Instant::now();
    while first.replace(&key(), None, Some(document()), Safety::Confirmed).await != Ok(true) {
        assert!(began.elapsed() < HANGS, "no replica");
    }
    replica.stop();
    let (key, new) = (key(), document());
    for store in [first, store().await] {
        let sent = store.replace(&key, None, Some(new.clone()), Safety::Confirmed).await;
        assert!(sent.expect_err("no replica has it").to_string().contains("0 of 1 replicas"));
    }
    replica.go_on();
    let third = store().await;
    while third.replace(&key, None, Some(new.clone()), Safety::Confirmed).await != Ok(true) {
        assert!(began.elapsed() < HANGS, "the replica does not confirm it");
    }
}

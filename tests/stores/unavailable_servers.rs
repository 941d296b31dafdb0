//! Servers that are slow, silent, or gone.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use jwt_auth::store::{Body, Document, Key, PostgresStore, RedisStore, Safety, Store, Summary, Version};
use sqlx::postgres::PgPoolOptions;

use crate::cluster::Cluster;
use crate::proxy::Proxy;
use crate::servers::{Server, free_port};

/// Only a test that hangs waits this long. The time until a service is back is printed, not asserted.
const HANGS: Duration = Duration::from_secs(60);

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes).expect("random numbers");
    bytes
}

pub(crate) fn key() -> Key {
    Key::from_bytes(&random::<17>()).expect("a key")
}

pub(crate) fn document() -> Document {
    let version = Version::from_bytes(&random::<16>()).expect("a version");
    Document { version, keep_until: u64::MAX, summary: Summary::from_bytes(*b"s"), body: Body::from_bytes(*b"b") }
}

pub(crate) async fn kept(store: &dyn Store) -> Key {
    let key = key();
    assert_eq!(store.replace(&key, None, Some(document()), Safety::Usual).await, Ok(true));
    key
}

// STO-05
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_of_redis_may_take_as_long_as_the_caller_waits() {
    let Some(server) = Server::redis(&[]).await else { return };
    let proxy = Proxy::before(server.port).await;
    let store = proxy.store().await;
    proxy.delay.store(1_500, Ordering::SeqCst);
    let key = kept(&store).await;
    assert!(store.read(&key).await.expect("an answer").document.is_some());
    assert!(store.read_summary(&key).await.expect("an answer").is_some());
}

// STO-05
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_to_redis_that_stays_silent_is_replaced() {
    let Some(server) = Server::redis(&[]).await else { return };
    let proxy = Proxy::before(server.port).await;
    let store = proxy.store().await;
    let key = kept(&store).await;
    // The store has two connections.
    proxy.freeze(2);
    let began = Instant::now();
    loop {
        let answer = tokio::time::timeout(Duration::from_millis(300), store.read_summary(&key)).await;
        if let Ok(answer) = answer {
            assert_eq!(answer.expect("an answer"), Some(Summary::from_bytes(*b"s")));
            break;
        }
        assert!(began.elapsed() < HANGS, "it is not back");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    println!("back after {:?}", began.elapsed());
}

/// REL-03, REV-04: during an outage a call fails or gets no answer. It never finds that a document is absent.
async fn denies(server: &mut Server, store: &dyn Store) {
    let key = kept(store).await;
    let within = Duration::from_millis(500);
    for is_killed in [false, true] {
        if is_killed {
            server.kill();
        } else {
            server.stop();
        }
        for _ in 0..3 {
            let read = tokio::time::timeout(within, store.read(&key)).await;
            assert!(read.is_err() || read.is_ok_and(|read| read.is_err()));
            let summary = tokio::time::timeout(within, store.read_summary(&key)).await;
            assert!(summary.is_err() || summary.is_ok_and(|summary| summary.is_err()));
        }
        if is_killed {
            server.restart().await;
        } else {
            server.go_on();
        }
        let began = Instant::now();
        loop {
            let read = tokio::time::timeout(within, store.read(&key)).await;
            if let Ok(Ok(reading)) = read {
                assert!(reading.document.is_some(), "it is there still");
                break;
            }
            assert!(began.elapsed() < HANGS, "it does not come back");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        println!("it answers {:?} after the server does", began.elapsed());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_denied_while_redis_is_gone_and_answered_when_it_is_back() {
    let Some(mut server) = Server::redis(&[]).await else { return };
    let store = RedisStore::connect(&server.redis_url(), "shop").await.expect("a server");
    denies(&mut server, &store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_denied_while_postgres_is_gone_and_answered_when_it_is_back() {
    let Some(mut server) = Server::postgres().await else { return };
    let url = server.postgres_url();
    let pool = PgPoolOptions::new().max_connections(4).connect(&url).await.expect("a database");
    let store = PostgresStore::new(pool).migrate().await.expect("tables");
    denies(&mut server, &store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confirmed_write_waits_for_the_replicas_of_confirmed_by() {
    let Some(master) = Server::redis(&[]).await else { return };
    let url = master.redis_url();
    let store = RedisStore::connect(&url, "shop").await.expect("a server");
    let store = store.confirmed_by(1, Duration::from_millis(300));
    let (one, two) = (key(), key());
    assert_eq!(store.replace(&one, None, Some(document()), Safety::Usual).await, Ok(true));
    let error = store.replace(&two, None, Some(document()), Safety::Confirmed).await.expect_err("no replica");
    assert!(error.to_string().contains("0 of 1 replicas"), "{error}");
    let at = master.port.to_string();
    let Some(replica) = Server::redis(&["--replicaof", "127.0.0.1", &at]).await else { return };
    let began = Instant::now();
    while store.replace(&key(), None, Some(document()), Safety::Confirmed).await != Ok(true) {
        assert!(began.elapsed() < HANGS, "no replica");
    }
    assert_eq!(store.replace(&one, None, Some(document()), Safety::Confirmed).await, Ok(false), "somebody was faster");
    drop(replica);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_of_redis_is_one_key_that_expires_a_day_later() {
    let Some(server) = Server::redis(&[]).await else { return };
    let store = RedisStore::connect(&server.redis_url(), "shop").await.expect("a server");
    let keep_until = 4_000_000_000;
    let one = Document { keep_until, ..document() };
    assert_eq!(store.replace(&key(), None, Some(one), Safety::Usual).await, Ok(true));
    let keys = server.cli(&["--raw", "EVAL", "return #redis.call('KEYS', 'shop:*')", "0"]);
    assert_eq!(keys.trim(), "1");
    let expires = server.cli(&["EVAL", "return redis.call('EXPIRETIME', redis.call('KEYS', '*')[1])", "0"]);
    assert!(expires.contains(&(keep_until + 86_400).to_string()), "{expires}");
    let long = Document { keep_until: u64::MAX, ..document() };
    assert_eq!(store.replace(&key(), None, Some(long), Safety::Usual).await, Ok(true), "as late as Redis can count");
    assert!(RedisStore::connect(&server.redis_url(), "a{b}").await.is_err());
}

// STO-05, STO-06
#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_whose_master_hangs_answers_once_a_replica_has_taken_over() {
    let Some(mut cluster) = Cluster::start().await else { return };
    let bus = free_port().to_string();
    let settings = ["--cluster-enabled", "yes", "--cluster-port", &bus, "--cluster-node-timeout", "2000"];
    let Some(replica) = Server::redis(&settings).await else { return };
    let (master, id) = (cluster.0[0].port.to_string(), cluster.0[0].cli(&["CLUSTER", "MYID"]));
    let master_bus = cluster.0[0].cli(&["CONFIG", "GET", "cluster-port"]);
    let master_bus = master_bus.lines().nth(1).expect("a port").to_owned();
    replica.cli(&["CLUSTER", "MEET", "127.0.0.1", &master, &master_bus]);
    let began = Instant::now();
    while replica.cli(&["CLUSTER", "REPLICATE", id.trim()]).trim() != "OK" {
        assert!(began.elapsed() < HANGS, "no replica");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    while !cluster.0[0].cli(&["INFO", "replication"]).contains("state=online") {
        assert!(began.elapsed() < HANGS, "no replica");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let store = cluster.store("shop").await;
    let mut keys = Vec::new();
    for _ in 0..30 {
        keys.push(kept(&store).await);
    }
    // Waits until the replica has all writes of the master.
    let is_level = |info: &str| {
        let written = info.lines().find_map(|line| line.strip_prefix("master_repl_offset:")).map(str::trim);
        written.is_some_and(|offset| info.contains(&format!(",offset={offset},")))
    };
    while !is_level(&cluster.0[0].cli(&["INFO", "replication"])) {
        assert!(began.elapsed() < HANGS, "the replica stays behind");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    cluster.0[0].stop();
    let stopped = Instant::now();
    while !replica.cli(&["ROLE"]).contains("master") {
        // Requests continue meanwhile, so that the store notices the failure.
        for key in keys.iter().take(6) {
            let _ = tokio::time::timeout(Duration::from_millis(100), store.read_summary(key)).await;
        }
        assert!(stopped.elapsed() < HANGS, "no failover");
    }
    let promoted = Instant::now();
    for key in &keys {
        loop {
            let answer = tokio::time::timeout(Duration::from_millis(300), store.read_summary(key)).await;
            if let Ok(Ok(found)) = answer {
                assert!(found.is_some(), "nothing is lost");
                break;
            }
            assert!(promoted.elapsed() < HANGS, "it is not back");
        }
    }
    println!("promoted after {:?}, and back {:?} later", promoted - stopped, promoted.elapsed());
    cluster.0[0].go_on();
}

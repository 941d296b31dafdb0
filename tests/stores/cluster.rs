//! A Redis Cluster of three nodes, which the tests start themselves.

use std::process::Command;
use std::sync::{Arc, Weak};
use std::time::Duration;

use jwt_auth::{Consumed, RedisStore, Refresh, RefreshHash, Revocation, Store, StoreFuture, Successor, TokenRef};
use tokio::sync::Mutex;

use crate::instances::{agree, rounds};
use crate::servers::{Server, free_port};

/// The nodes, each on the third of the slots that is its own. They end when this is dropped.
pub(crate) struct Cluster(pub(crate) Vec<Server>);

impl Cluster {
    pub(crate) async fn start() -> Option<Self> {
        let mut nodes = Vec::new();
        for _ in 0..3 {
            let bus = free_port().to_string();
            let settings = ["--cluster-enabled", "yes", "--cluster-port", &bus, "--cluster-node-timeout", "2000"];
            nodes.push(Server::redis(&settings).await?);
        }
        let cluster = Self(nodes);
        let addresses = cluster.0.iter().map(|node| format!("127.0.0.1:{}", node.port));
        let join =
            Command::new("redis-cli").args(["--cluster", "create"]).args(addresses).arg("--cluster-yes").output();
        assert!(join.is_ok_and(|join| join.status.success()), "the nodes join");
        is_whole(&cluster.0).await;
        Some(cluster)
    }

    /// The one of the tests that run at the same time, which ends with the last of them.
    pub(crate) async fn shared() -> Option<Arc<Self>> {
        static SHARED: Mutex<Weak<Cluster>> = Mutex::const_new(Weak::new());
        let mut shared = SHARED.lock().await;
        if let Some(running) = shared.upgrade() {
            return Some(running);
        }
        let started = Arc::new(Self::start().await?);
        *shared = Arc::downgrade(&started);
        Some(started)
    }

    pub(crate) async fn store(&self, name: &str) -> RedisStore {
        let nodes: Vec<String> = self.0.iter().map(|node| format!("redis://127.0.0.1:{}", node.port)).collect();
        RedisStore::connect_cluster(nodes.iter().map(String::as_str), name).await.expect("a cluster")
    }
}

/// Until every node has heard of the others.
pub(crate) async fn is_whole(nodes: &[Server]) {
    while nodes.iter().any(|node| !node.cli(&["CLUSTER", "INFO"]).contains("cluster_state:ok")) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// A store and the cluster that it is on.
struct OnCluster(RedisStore, #[expect(dead_code, reason = "keeps the nodes running")] Arc<Cluster>);

impl Store for OnCluster {
    fn is_revoked<'s>(&'s self, token: TokenRef<'s>, now: u64) -> StoreFuture<'s, bool> {
        self.0.is_revoked(token, now)
    }

    fn revoke<'s>(&'s self, revocations: &'s [Revocation<'s>], now: u64) -> StoreFuture<'s, ()> {
        self.0.revoke(revocations, now)
    }

    fn begin<'s>(&'s self, refresh: Refresh, replaced: &'s [Revocation<'s>], now: u64) -> StoreFuture<'s, ()> {
        self.0.begin(refresh, replaced, now)
    }

    fn consume<'s>(&'s self, presented: RefreshHash, successor: Successor, now: u64) -> StoreFuture<'s, Consumed> {
        self.0.consume(presented, successor, now)
    }

    fn find<'s>(&'s self, presented: RefreshHash, now: u64) -> StoreFuture<'s, Option<Refresh>> {
        self.0.find(presented, now)
    }
}

async fn on_cluster() -> Option<OnCluster> {
    let cluster = Cluster::shared().await?;
    Some(OnCluster(cluster.store("conformance").await, cluster))
}

mod suite {
    jwt_auth::testing::store_conformance!(super::on_cluster());
}

// REF-02, REF-05: names whose keys are on different nodes
#[tokio::test(flavor = "multi_thread")]
async fn two_instances_agree_on_a_cluster() {
    let Some(cluster) = Cluster::shared().await else { return };
    for name in ["a", "b", "c", "d"] {
        let (here, there) = (cluster.store(name).await, cluster.store(name).await);
        agree(Arc::new(here), Arc::new(there), rounds().div_ceil(4)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_up_on_a_cluster_is_one_command_on_one_node() {
    let Some(cluster) = Cluster::start().await else { return };
    let store = cluster.store("shop").await;
    cluster.0.iter().for_each(|node| drop(node.cli(&["CONFIG", "RESETSTAT"])));
    let token = TokenRef { issuer: "i", jwt_id: "j", session: Some("s"), subject: "u", issued_at: 1 };
    for _ in 0..100 {
        assert_eq!(store.is_revoked(token, 1).await, Ok(false));
    }
    let asked = |node: &Server| {
        let stats = node.cli(&["INFO", "commandstats"]);
        let reads = stats.lines().filter(|line| line.starts_with("cmdstat_") && !line.starts_with("cmdstat_config"));
        reads.filter_map(|line| line.split(',').next().map(str::to_owned)).collect::<Vec<_>>()
    };
    let all: Vec<String> = cluster.0.iter().flat_map(asked).collect();
    assert_eq!(all, ["cmdstat_mget:calls=100"]);
}

// The client sends a command again whose answer it did not get.
#[tokio::test(flavor = "multi_thread")]
async fn a_use_that_is_sent_twice_is_one_use() {
    let Some(store) = on_cluster().await else { return };
    let text = crate::service::fresh_name;
    let now = 1_800_000_000;
    let mut hashes = [[0; 32]; 3];
    hashes.iter_mut().for_each(|hash| aws_lc_rs::rand::fill(hash).unwrap());
    let [presented, next, other] = hashes.map(RefreshHash);
    let one = Refresh {
        hash: presented,
        session: text(),
        issuer: text(),
        subject: text(),
        client_id: text(),
        scope: String::new(),
        claims: "{}".into(),
        began_at: now,
        expires_at: now + 100,
        ends_at: now + 100,
    };
    store.begin(one.clone(), &[], now).await.unwrap();
    let successor = |hash| Successor { hash, sealed: [7; 32], grace: 0, idle: 100, margin: 0 };
    for _ in 0..2 {
        assert_eq!(store.consume(presented, successor(next), now).await, Ok(Consumed::Now(one.clone())));
    }
    assert_eq!(store.consume(presented, successor(other), now).await, Ok(Consumed::Reused(one.clone())));
    assert_eq!(store.consume(presented, successor(next), now).await, Ok(Consumed::Reused(one)));
    assert_eq!(store.consume(next, successor(other), now).await, Ok(Consumed::Unknown));
}

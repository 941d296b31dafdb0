//! A Redis Cluster of three nodes, which the tests start themselves.

use std::process::Command;
use std::sync::{Arc, Weak};
use std::time::Duration;

use jwt_auth::store::{Body, Document, Key, RedisStore, Safety, Store, Summary, Version};
use jwt_auth_tests::call_with;
use tokio::sync::Mutex;

use crate::servers::{Server, free_port};
use crate::service::{instance, sign_in};

/// The nodes. Each has a third of the slots. Dropping the cluster stops them.
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

    /// The cluster that concurrent tests share. It is stopped after the last of them.
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

    pub(crate) fn urls(&self) -> Vec<String> {
        self.0.iter().map(Server::redis_url).collect()
    }

    pub(crate) async fn store(&self, name: &str) -> RedisStore {
        let urls = self.urls();
        RedisStore::connect_cluster(urls.iter().map(String::as_str), name).await.expect("a cluster")
    }
}

/// Waits until every node knows the others.
pub(crate) async fn is_whole(nodes: &[Server]) {
    while nodes.iter().any(|node| !node.cli(&["CLUSTER", "INFO"]).contains("cluster_state:ok")) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_up_on_a_cluster_is_one_command_on_one_node() {
    let Some(cluster) = Cluster::start().await else { return };
    let app = instance(Arc::new(cluster.store("shop").await));
    let (access, _) = sign_in(&app).await;
    cluster.0.iter().for_each(|node| drop(node.cli(&["CONFIG", "RESETSTAT"])));
    for _ in 0..100 {
        assert_eq!(call_with(&app, &access).await.0, 200);
    }
    let asked = |node: &Server| {
        let stats = node.cli(&["INFO", "commandstats"]);
        let reads = stats.lines().filter(|line| line.starts_with("cmdstat_") && !line.starts_with("cmdstat_config"));
        reads.filter_map(|line| line.split(',').next().map(str::to_owned)).collect::<Vec<_>>()
    };
    let all: Vec<String> = cluster.0.iter().flat_map(asked).collect();
    assert_eq!(all, ["cmdstat_hget:calls=100"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_of_a_cluster_says_how_many_replicas_it_has() {
    let Some(cluster) = Cluster::shared().await else { return };
    let store = cluster.store("replicas").await.confirmed_by(1, Duration::from_millis(100));
    for n in 0..8 {
        let (version, key) =
            (Version::from_bytes(&[n; 16]).expect("a version"), Key::from_bytes(&[n; 17]).expect("a key"));
        let (summary, body) = (Summary::from_bytes(*b"s"), Body::from_bytes(*b"b"));
        let new = Document { version, keep_until: u64::MAX, summary, body };
        let error = store.replace(&key, None, Some(new), Safety::Confirmed).await.expect_err("no replica");
        assert!(error.to_string().contains("0 of 1 replicas"), "{error}");
        assert!(store.read(&key).await.expect("an answer").document.is_some(), "on the node that has the slot");
    }
}

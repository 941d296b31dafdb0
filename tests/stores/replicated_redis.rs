//! A Redis Cluster of three masters that each have a replica, and the failures that tests cause in it.

use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jwt_auth::store::{RedisStore, Store};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::sleep;

use crate::history::Failover;
use crate::network::{Network, source};
use crate::register::{Load, keys};
use crate::servers::{Server, free_port};

const MASTERS: usize = 3;
/// Only a test that hangs takes this long.
const HANGS: Duration = Duration::from_secs(60);
/// Milliseconds.
const NODE_TIMEOUT: &str = "2000";

pub(crate) struct Replicated {
    nodes: Vec<Server>,
    /// For each node, the port under which the other nodes know it.
    ports: Vec<u16>,
}

/// The state of a node, as another node or the node itself reports it.
#[derive(Clone, Debug)]
struct Node {
    id: String,
    port: u16,
    flags: String,
    /// The master that it follows, or `-`.
    follows: String,
    slots: Vec<(u16, u16)>,
}

impl Node {
    /// A line of `CLUSTER NODES`.
    fn of(line: &str) -> Option<Self> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let port = words.get(1)?.split('@').next()?.rsplit(':').next()?.parse().ok()?;
        let range = |word: &&str| {
            let (first, last) = word.split_once('-').unwrap_or((word, word));
            Some((first.parse().ok()?, last.parse().ok()?))
        };
        let slots = words.iter().skip(8).filter_map(range).collect();
        let word = |at: usize| words.get(at).map(|word| (*word).to_owned());
        Some(Self { id: word(0)?, port, flags: word(2)?, follows: word(3)?, slots })
    }

    fn is_master(&self) -> bool {
        self.flags.contains("master") && !self.flags.contains("fail") && !self.slots.is_empty()
    }

    fn has(&self, slot: u16) -> bool {
        self.slots.iter().any(|(first, last)| (*first..=*last).contains(&slot))
    }
}

async fn until(what: &str, mut is_true: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_true() {
        assert!(began.elapsed() < HANGS, "it hangs: {what}");
        sleep(Duration::from_millis(20)).await;
    }
}

impl Replicated {
    pub(crate) async fn start() -> Option<Self> {
        let mut nodes = Vec::new();
        for _ in 0..2 * MASTERS {
            let bus = free_port().to_string();
            let settings = ["--cluster-enabled", "yes", "--cluster-port", &bus, "--cluster-node-timeout", NODE_TIMEOUT];
            nodes.push(Server::redis(&settings).await?);
        }
        let ports = nodes.iter().map(|node| node.port).collect();
        Some(Self::join(nodes, ports).await)
    }

    async fn join(nodes: Vec<Server>, ports: Vec<u16>) -> Self {
        let cluster = Self { nodes, ports };
        let mut create = Command::new("redis-cli");
        create.args(["--cluster", "create"]).args(cluster.ports.iter().map(|port| format!("127.0.0.1:{port}")));
        let created = create.args(["--cluster-replicas", "1", "--cluster-yes"]).output();
        assert!(created.is_ok_and(|created| created.status.success()), "the nodes join");
        cluster.is_whole().await;
        cluster
    }

    /// Like [`start`](Self::start), with a network between the nodes that can be cut.
    pub(crate) async fn on_a_network() -> Option<(Self, Network)> {
        let (mut nodes, mut ports, network) = (Vec::new(), Vec::new(), Network::default());
        for n in 0..2 * MASTERS {
            let (bus, source) = (free_port(), source(n));
            let (announced_bus, announced) = (network.lead_to(n, bus).await, network.reserve().await);
            let words = [bus, announced_bus, announced.0].map(|port| port.to_string());
            let settings =
                ["--cluster-enabled", "yes", "--cluster-port", &words[0], "--cluster-node-timeout", NODE_TIMEOUT];
            let named = ["--cluster-announce-bus-port", &words[1], "--cluster-announce-port", &words[2]];
            let at = ["--cluster-announce-ip", "127.0.0.1", "--bind-source-addr", &source];
            let node = Server::redis(&[&settings[..], &named, &at].concat()).await?;
            ports.push(network.serve(n, node.port, announced));
            nodes.push(node);
        }
        Some((Self::join(nodes, ports).await, network))
    }

    /// Cuts the master of this group off from the other nodes, while clients still reach all nodes. Also returns for how long it
    /// answers with old data after a replica has taken over.
    pub(crate) async fn cut_off(&self, group: &str, network: &Network, load: &Load) -> (Failover, Duration) {
        let (master, asked) = self.master_of(group);
        let client = TcpStream::connect(("127.0.0.1", self.nodes[master].port)).await.expect("a connection");
        let (began, cut_at) = (load.now(), Instant::now());
        network.cut(master);
        let past = tokio::spawn({
            let group = group.to_owned();
            async move { answered_until(client, &group, cut_at).await }
        });
        self.is_replaced(master, asked, group).await;
        let (promoted, replaced) = (load.now(), cut_at.elapsed());
        load.is_answered().await;
        let past = past.await.expect("it ends").saturating_sub(replaced);
        network.heal();
        self.is_whole().await;
        (Failover { began, promoted }, past)
    }

    /// A handle whose confirmed writes wait for one replica.
    pub(crate) async fn store(&self) -> Arc<dyn Store> {
        let nodes: Vec<String> = self.ports.iter().map(|port| format!("redis://127.0.0.1:{port}")).collect();
        let store = RedisStore::connect_cluster(nodes.iter().map(String::as_str), "register").await;
        Arc::new(store.expect("a cluster").confirmed_by(1, Duration::from_secs(1)))
    }

    /// Waits until all nodes know each other and every master has a replica that follows it.
    pub(crate) async fn is_whole(&self) {
        let is_well = |node: &Server| node.cli(&["CLUSTER", "INFO"]).contains("cluster_state:ok");
        until("the nodes find each other", || self.nodes.iter().all(is_well)).await;
        let has_replica = |node: &Server| {
            let info = node.cli(&["INFO", "replication"]);
            info.contains("role:slave") && info.contains("master_link_status:up") || info.contains("state=online")
        };
        until("the replicas follow", || self.nodes.iter().all(has_replica) && self.masters(0).len() == MASTERS).await;
    }

    fn nodes(&self, asked: usize) -> Vec<Node> {
        self.nodes[asked].cli(&["CLUSTER", "NODES"]).lines().filter_map(Node::of).collect()
    }

    fn masters(&self, asked: usize) -> Vec<Node> {
        self.nodes(asked).into_iter().filter(Node::is_master).collect()
    }

    fn at(&self, port: u16) -> usize {
        self.ports.iter().position(|known| *known == port).expect("a node of this cluster")
    }

    fn slot(&self, asked: usize, group: &str) -> u16 {
        self.nodes[asked].cli(&["CLUSTER", "KEYSLOT", group]).trim().parse().expect("a slot")
    }

    /// The master of this group, and another node.
    fn master_of(&self, group: &str) -> (usize, usize) {
        let slot = self.slot(0, group);
        let master = self.masters(0).into_iter().find(|node| node.has(slot)).expect("a master");
        let master = self.at(master.port);
        (master, (master + 1) % self.nodes.len())
    }

    /// Waits until another node has the slots of this one, says so itself, and answers a new connection.
    async fn is_replaced(&self, failed: usize, asked: usize, group: &str) {
        let (slot, port) = (self.slot(asked, group), self.ports[failed]);
        until("a replica takes over", || {
            let new = self.masters(asked).into_iter().find(|node| node.has(slot) && node.port != port);
            new.is_some_and(|new| {
                let node = &self.nodes[self.at(new.port)];
                node.cli(&["ROLE"]).starts_with("master") && node.cli(&["CLUSTER", "INFO"]).contains("state:ok")
            })
        })
        .await;
    }

    /// Kills the master of this group under a load. With `loses_replica`, the replica is stopped just before, so it lacks the
    /// last writes.
    pub(crate) async fn kill(&mut self, group: &str, loses_replica: bool, load: &Load) -> Failover {
        let (master, asked) = self.master_of(group);
        let id = self.nodes[master].cli(&["CLUSTER", "MYID"]);
        let replica = self.nodes(asked).into_iter().find(|node| node.follows == id.trim()).expect("a replica");
        let replica = self.at(replica.port);
        if loses_replica {
            self.nodes[replica].stop();
            self.nodes[master].cli(&["CLIENT", "KILL", "TYPE", "REPLICA"]);
            load.goes_on().await;
        }
        let began = load.now();
        self.nodes[master].kill();
        self.nodes[replica].go_on();
        let asked = replica;
        self.is_replaced(master, asked, group).await;
        let promoted = load.now();
        load.is_answered().await;
        self.nodes[master].restart().await;
        self.is_whole().await;
        Failover { began, promoted }
    }

    /// Stops the master of this group until a replica has taken over, and then continues it. Also returns for how long the
    /// continued master answers with old data.
    pub(crate) async fn hang(&mut self, group: &str, load: &Load) -> (Failover, Duration) {
        let (master, asked) = self.master_of(group);
        // A client that connected before the master was stopped.
        let client = TcpStream::connect(("127.0.0.1", self.nodes[master].port)).await.expect("a connection");
        let began = load.now();
        self.nodes[master].stop();
        self.is_replaced(master, asked, group).await;
        let promoted = load.now();
        load.is_answered().await;
        self.nodes[master].go_on();
        let past = answered_until(client, group, Instant::now()).await;
        self.is_whole().await;
        (Failover { began, promoted }, past)
    }

    /// Moves the slot of this group to another master under a load, as `redis-cli --cluster reshard` does. After each key, it
    /// waits until every key was read, so all keys are read while the slot is half moved.
    pub(crate) async fn move_slot(&self, group: &str, load: &Load) {
        let slot = self.slot(0, group);
        let (from, to): (Vec<Node>, Vec<Node>) = self.masters(0).into_iter().partition(|node| node.has(slot));
        let (from, to, at) = (&from[0], &to[0], slot.to_string());
        let (source, target) = (&self.nodes[self.at(from.port)], &self.nodes[self.at(to.port)]);
        target.cli(&["CLUSTER", "SETSLOT", &at, "IMPORTING", &from.id]);
        source.cli(&["CLUSTER", "SETSLOT", &at, "MIGRATING", &to.id]);
        let port = to.port.to_string();
        loop {
            let keys = source.cli(&["CLUSTER", "GETKEYSINSLOT", &at, "1"]);
            let Some(key) = keys.lines().find(|key| !key.is_empty()) else { break };
            source.cli(&["MIGRATE", "127.0.0.1", &port, key, "0", "5000"]);
            load.is_answered().await;
        }
        for node in [target, source] {
            node.cli(&["CLUSTER", "SETSLOT", &at, "NODE", &to.id]);
        }
        for node in self.masters(0) {
            self.nodes[self.at(node.port)].cli(&["CLUSTER", "SETSLOT", &at, "NODE", &to.id]);
        }
        let is_known = |asked| self.masters(asked).iter().any(|node| node.id == to.id && node.has(slot));
        until("the nodes know of the move", || (0..self.nodes.len()).all(is_known)).await;
    }
}

/// Asks this node about a document of a group again and again, and returns when it was last answered after `since`.
async fn answered_until(mut client: TcpStream, group: &str, since: Instant) -> Duration {
    let key = keys(&[group.to_owned()], 1)[0];
    let key = format!("register:r:{}", String::from_utf8_lossy(&key.as_bytes()[1..]));
    let command = format!("*3\r\n$4\r\nHGET\r\n${}\r\n{key}\r\n$1\r\ns\r\n", key.len());
    let (mut last, mut answer) = (Duration::ZERO, [0; 256]);
    loop {
        client.write_all(command.as_bytes()).await.expect("a connection");
        // `$8` and the summary, or `-MOVED`.
        match client.read(&mut answer).await {
            Ok(1..) if answer[0] == b'$' => last = since.elapsed(),
            _ => return last,
        }
    }
}

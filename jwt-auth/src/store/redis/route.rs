//! Sends the commands about one key to the node that has it, even while its slot moves to another node.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::cluster_routing::{Route, SingleNodeRoutingInfo, SlotAddr};
use redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, ConnectionInfo, ErrorKind, IntoConnectionInfo, Pipeline, RedisError,
    RedisResult, RetryMethod, ServerErrorKind, Value,
};
use tokio::time::sleep;

use crate::store::redis::cluster::Cluster;
use crate::store::redis::connection::Connection;

/// How many times the commands are sent at most. Each redirection counts.
const ATTEMPTS: usize = 8;
/// The pause before commands are sent again to a cluster that is changing.
const PAUSE: Duration = Duration::from_millis(100);
/// How long a connection to the target of a redirection is used. By then the cluster client knows that node too.
const USED_FOR: Duration = Duration::from_secs(2);

/// A connection to a server or a cluster.
#[derive(Clone)]
pub(crate) struct Routed {
    pub(crate) connection: Connection,
    redirects: Arc<Redirects>,
}

impl Routed {
    /// `node` is the address of the server, or of one node of the cluster.
    pub(crate) fn new(connection: Connection, node: &str) -> RedisResult<Self> {
        let redirects = Redirects { node: node.into_connection_info()?, connections: Mutex::default() };
        Ok(Self { connection, redirects: Arc::new(redirects) })
    }

    /// Sends these commands about one key together. If one of them fails, all count as failed.
    pub(crate) async fn ask(mut self, key: &[u8], commands: &Pipeline) -> RedisResult<Vec<Value>> {
        match &mut self.connection {
            Connection::One(one) => one.req_packed_commands(commands, 0, commands.len()).await.and_then(all),
            Connection::Cluster(cluster) => self.redirects.ask(cluster, key, commands).await,
        }
    }
}

fn all(answers: Vec<Value>) -> RedisResult<Vec<Value>> {
    answers.into_iter().map(Value::extract_error).collect()
}

/// Where a node says the key is.
struct Redirect {
    host: String,
    port: u16,
    /// The slot is moving (`ASK`): its new node answers only commands that come after `ASKING`.
    is_asking: bool,
}

impl Redirect {
    /// `None` if the error is not a redirection or names no host. A redirection without a host means the node that was asked.
    fn of(error: &RedisError) -> Option<Self> {
        let is_asking = error.kind() == ErrorKind::Server(ServerErrorKind::Ask);
        let (host, port) = error.redirect_node()?.0.rsplit_once(':')?;
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let (host, port) = (host.to_owned(), port.parse().ok()?);
        (!host.is_empty()).then_some(Self { host, port, is_asking })
    }
}

/// Follows redirections. The client of the `redis` crate sends `ASKING` and its command separately, so another request on the
/// same connection may come between them. Here both are sent in one pipeline.
struct Redirects {
    /// How to connect to a node. The nodes differ only in their addresses.
    node: ConnectionInfo,
    connections: Mutex<HashMap<(String, u16), (Instant, MultiplexedConnection)>>,
}

impl Redirects {
    async fn ask(&self, cluster: &Cluster, key: &[u8], commands: &Pipeline) -> RedisResult<Vec<Value>> {
        let count = commands.len();
        let owner = SingleNodeRoutingInfo::SpecificNode(Route::with_key(key, SlotAddr::Master));
        let (mut redirect, mut route, mut sent) = (None, owner.clone(), 0_usize);
        loop {
            let answers = match redirect {
                Some(redirect) => self.ask_node(redirect, commands).await,
                None => {
                    let commands = commands.clone();
                    cluster.ask(async move |mut nodes| nodes.route_pipeline(commands, 0, count, route).await).await
                }
            };
            let error = match answers.and_then(all) {
                Ok(answers) => return Ok(answers),
                Err(error) => error,
            };
            sent = sent.saturating_add(1);
            redirect = Redirect::of(&error);
            if sent >= ATTEMPTS || matches!(error.retry_method(), RetryMethod::NoRetry) {
                return Err(error);
            }
            // A node that is cut off answers `CLUSTERDOWN`, and cannot know that the others have replaced it. Another node knows
            // the current master.
            let is_cut_off = error.kind() == ErrorKind::Server(ServerErrorKind::ClusterDown);
            route = if is_cut_off { SingleNodeRoutingInfo::Random } else { owner.clone() };
            if redirect.is_none() {
                sleep(PAUSE).await;
            }
        }
    }

    async fn ask_node(&self, redirect: Redirect, commands: &Pipeline) -> RedisResult<Vec<Value>> {
        let node = (redirect.host, redirect.port);
        let mut connection = self.connection(&node).await?;
        let mut sent = Pipeline::new();
        let offset = usize::from(redirect.is_asking);
        if redirect.is_asking {
            sent.cmd("ASKING");
        }
        for command in commands.cmd_iter() {
            sent.add_command(command.clone());
        }
        let answers = connection.req_packed_commands(&sent, offset, commands.len()).await;
        if answers.is_err() {
            self.connections.lock().unwrap_or_else(PoisonError::into_inner).remove(&node);
        }
        answers
    }

    async fn connection(&self, node: &(String, u16)) -> RedisResult<MultiplexedConnection> {
        let known = || self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((made_at, connection)) = known().get(node)
            && made_at.elapsed() < USED_FOR
        {
            return Ok(connection.clone());
        }
        let client = Client::open(self.node.clone().set_addr(self.address(node)))?;
        let config = AsyncConnectionConfig::new().set_response_timeout(None);
        let connection = client.get_multiplexed_async_connection_with_config(&config).await?;
        let mut known = known();
        known.retain(|_, (made_at, _)| made_at.elapsed() < USED_FOR);
        known.insert(node.clone(), (Instant::now(), connection.clone()));
        Ok(connection)
    }

    fn address(&self, (host, port): &(String, u16)) -> ConnectionAddr {
        let (host, port) = (host.clone(), *port);
        match self.node.addr() {
            ConnectionAddr::TcpTls { insecure, tls_params, .. } => {
                ConnectionAddr::TcpTls { host, port, insecure: *insecure, tls_params: tls_params.clone() }
            }
            _ => ConnectionAddr::Tcp(host, port),
        }
    }
}

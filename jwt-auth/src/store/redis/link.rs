//! The connection of the Redis store. It is replaced when it does not answer, because a connection that broke without notice
//! would hang for minutes although a new one works.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use redis::aio::ConnectionManagerConfig;
use redis::{Cmd, ErrorKind, FromRedisValue, Pipeline, RedisError, RedisResult, Value};
use tokio::runtime::Handle;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::store::error::StoreError;
use crate::store::redis::cluster::Cluster;
use crate::store::redis::connection::Connection;
use crate::store::redis::route::Routed;

/// How long an answer may take before a new connection is tried beside the one that is silent.
const SILENCE: Duration = Duration::from_secs(1);
/// The pause between two attempts to connect.
const PAUSE: Duration = Duration::from_millis(250);
/// The time limit for one attempt to connect and to get an answer.
const PATIENCE: Duration = Duration::from_secs(4);
/// The time between two attempts to replace a silent connection, and how many attempts one silent call starts at most.
const EVERY: Duration = Duration::from_millis(500);
const ATTEMPTS_TO_REPLACE: usize = 60;
/// How many times the client of a single server tries again to connect while a request waits.
const ATTEMPTS: usize = 2;

/// The server or the nodes to connect to.
#[derive(Clone)]
pub(crate) enum Address {
    One(String),
    Cluster(Vec<String>),
}

impl Address {
    /// Sets no time limit for answers: the caller has one.
    async fn connect(&self) -> RedisResult<Routed> {
        let (connection, node) = match self {
            Self::One(url) => {
                let config = ConnectionManagerConfig::new().set_min_delay(PAUSE).set_max_delay(PAUSE);
                let config = config.set_number_of_retries(ATTEMPTS).set_response_timeout(None);
                let client = redis::Client::open(url.as_str())?;
                (Connection::One(client.get_connection_manager_with_config(config).await?), url)
            }
            Self::Cluster(nodes) => {
                let node = nodes.first().ok_or((ErrorKind::InvalidClientConfig, "no node is named"))?;
                (Connection::Cluster(Cluster::connect(nodes.iter().map(String::as_str)).await?), node)
            }
        };
        Routed::new(connection, node)
    }
}

#[derive(Clone)]
pub(crate) struct Link(Arc<Shared>);

struct Shared {
    address: Address,
    current: ArcSwap<Routed>,
    is_replacing: AtomicBool,
}

impl Link {
    pub(crate) async fn connect(address: Address) -> Result<Self, StoreError> {
        let current = ArcSwap::from_pointee(address.connect().await?);
        Ok(Self(Arc::new(Shared { address, current, is_replacing: AtomicBool::new(false) })))
    }

    pub(crate) fn connection(&self) -> Connection {
        self.0.current.load().connection.clone()
    }

    /// Sends commands about one key together. If there is no answer in time, or the caller gives up, a new connection is tried.
    pub(crate) async fn ask(&self, key: &[u8], commands: &Pipeline) -> RedisResult<Vec<Value>> {
        let asked = Arc::clone(&self.0.current.load());
        let mut watch = Watch { link: self, asked: Arc::clone(&asked), is_answered: false };
        let answer = {
            let mut call = std::pin::pin!((*asked).clone().ask(key, commands));
            match timeout(SILENCE, &mut call).await {
                Ok(answer) => answer,
                Err(_) => {
                    self.replace(&asked);
                    call.await
                }
            }
        };
        watch.is_answered = true;
        answer
    }

    /// Sends one command about a key, and reads the answer.
    pub(crate) async fn ask_one<T: FromRedisValue>(&self, key: &[u8], command: Cmd) -> Result<T, StoreError> {
        let mut commands = Pipeline::new();
        commands.add_command(command);
        let [answer] = as_many(self.ask(key, &commands).await?)?;
        Ok(T::from_redis_value(answer).map_err(RedisError::from)?)
    }

    /// Replaces this connection in a task of its own. One such task runs at a time.
    fn replace(&self, silent: &Arc<Routed>) {
        let is_current = Arc::ptr_eq(&self.0.current.load(), silent);
        let Ok(runtime) = Handle::try_current() else { return };
        if is_current && !self.0.is_replacing.swap(true, Ordering::SeqCst) {
            let replacement = Replacement { shared: Arc::clone(&self.0), silent: Arc::clone(silent) };
            runtime.spawn(replacement.run());
        }
    }
}

/// Tries a new connection if the call is dropped before it is answered.
struct Watch<'l> {
    link: &'l Link,
    asked: Arc<Routed>,
    is_answered: bool,
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        if !self.is_answered {
            self.link.replace(&self.asked);
        }
    }
}

struct Replacement {
    shared: Arc<Shared>,
    silent: Arc<Routed>,
}

impl Replacement {
    /// Runs until the old connection or a new one answers, for [`ATTEMPTS_TO_REPLACE`] attempts at most. A later unanswered call
    /// starts it again. An attempt that hangs does not delay the next one.
    async fn run(self) {
        let mut attempts = JoinSet::new();
        for _ in 0..ATTEMPTS_TO_REPLACE {
            let address = self.shared.address.clone();
            attempts.spawn(timeout(PATIENCE, async move { answering(address).await }));
            let next = sleep(EVERY);
            if timeout(EVERY, self.silent.connection.clone().answers()).await == Ok(true) {
                return;
            }
            next.await;
            while let Some(attempt) = attempts.try_join_next() {
                if let Ok(Ok(Some(new))) = attempt {
                    self.shared.current.store(Arc::new(new));
                    return;
                }
            }
        }
    }
}

/// Opens a new connection. `None` if it does not answer.
async fn answering(address: Address) -> Option<Routed> {
    let new = address.connect().await.ok()?;
    new.connection.clone().answers().await.then_some(new)
}

impl Drop for Replacement {
    fn drop(&mut self) {
        self.shared.is_replacing.store(false, Ordering::SeqCst);
    }
}

/// The answers, if there are as many as there were commands.
pub(crate) fn as_many<const COUNT: usize>(answers: Vec<Value>) -> Result<[Value; COUNT], StoreError> {
    answers.try_into().map_err(|_| StoreError::new("Redis sent an unexpected number of answers"))
}

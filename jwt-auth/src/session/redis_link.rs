//! The connection of the Redis store, replaced where it does not answer: a connection that broke without a notice would
//! hang for minutes, while a new one works.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use redis::aio::{ConnectionLike, ConnectionManagerConfig};
use redis::{RedisError, RedisResult};
use tokio::runtime::Handle;
use tokio::time::{sleep, timeout};

use crate::store::StoreError;
use crate::store::redis_connection::Connection;

/// How long an answer may take before a new connection is tried beside the one that is silent.
const SILENCE: Duration = Duration::from_secs(1);
/// The pause between two attempts to connect.
const PAUSE: Duration = Duration::from_millis(250);
/// The time limit of one attempt to connect.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often a request waits for an attempt to connect.
const ATTEMPTS: usize = 2;

/// The server or the nodes to connect to.
#[derive(Clone)]
pub(crate) enum Address {
    One(String),
    Cluster(Vec<String>),
}

impl Address {
    /// Without a time limit for answers: that is the caller's setting.
    async fn connect(&self) -> RedisResult<Connection> {
        match self {
            Self::One(url) => {
                let config = ConnectionManagerConfig::new().set_min_delay(PAUSE).set_max_delay(PAUSE);
                let config = config.set_number_of_retries(ATTEMPTS).set_response_timeout(None);
                let client = redis::Client::open(url.as_str())?;
                client.get_connection_manager_with_config(config).await.map(Connection::One)
            }
            Self::Cluster(nodes) => Connection::cluster(nodes.iter().map(String::as_str)).await,
        }
    }
}

#[derive(Clone)]
pub(crate) struct Link(Arc<Shared>);

struct Shared {
    address: Address,
    current: ArcSwap<Connection>,
    is_replacing: AtomicBool,
}

impl Link {
    pub(crate) async fn connect(address: Address) -> Result<Self, StoreError> {
        let current = ArcSwap::from_pointee(address.connect().await?);
        Ok(Self(Arc::new(Shared { address, current, is_replacing: AtomicBool::new(false) })))
    }

    pub(crate) fn connection(&self) -> Connection {
        (**self.0.current.load()).clone()
    }

    /// Asks Redis. If there is no answer in time, even if the caller gives up, a new connection is tried.
    pub(crate) async fn ask<T>(&self, ask: impl AsyncFnOnce(Connection) -> RedisResult<T>) -> Result<T, RedisError> {
        let asked = Arc::clone(&self.0.current.load());
        let mut watch = Watch { link: self, asked: Arc::clone(&asked), is_answered: false };
        let answer = {
            let mut call = std::pin::pin!(ask((*asked).clone()));
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

    /// Replaces this connection in a task of its own. One such task runs at a time.
    fn replace(&self, silent: &Arc<Connection>) {
        let is_current = Arc::ptr_eq(&self.0.current.load(), silent);
        let Ok(runtime) = Handle::try_current() else { return };
        if is_current && !self.0.is_replacing.swap(true, Ordering::SeqCst) {
            let replacement = Replacement { shared: Arc::clone(&self.0), silent: Arc::clone(silent) };
            runtime.spawn(replacement.run());
        }
    }
}

/// Counts a call that is dropped as unanswered too.
struct Watch<'l> {
    link: &'l Link,
    asked: Arc<Connection>,
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
    silent: Arc<Connection>,
}

impl Replacement {
    /// Runs until one of the two connections answers, or for a while: a later unanswered call starts it again.
    async fn run(self) {
        for _ in 0..8 {
            if answers((*self.silent).clone()).await {
                return;
            }
            if let Ok(Ok(new)) = timeout(PATIENCE, self.shared.address.connect()).await
                && answers(new.clone()).await
            {
                self.shared.current.store(Arc::new(new));
                return;
            }
            sleep(PAUSE).await;
        }
    }
}

impl Drop for Replacement {
    fn drop(&mut self) {
        self.shared.is_replacing.store(false, Ordering::SeqCst);
    }
}

/// Whether a connection answers at all. One to a cluster does where every node that has slots does.
async fn answers(mut connection: Connection) -> bool {
    let ping = redis::cmd("PING");
    matches!(timeout(SILENCE, connection.req_packed_command(&ping)).await, Ok(Ok(_)))
}

//! The connection to a Redis Cluster. Once it has lost every node it is replaced, because the client of the `redis` crate may
//! then search forever among connections that it no longer has.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use redis::cluster::ClusterClient;
use redis::cluster_async::ClusterConnection;
use redis::{ErrorKind, RedisError, RedisResult};
use tokio::sync::Notify;

/// The pause after a failed attempt to connect. It and `LONGEST_PAUSE` also bound the pause of the client before it sends a
/// command again, which it never does without retries.
const PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_millis(250);

#[derive(Clone)]
pub(crate) struct Cluster(Arc<Shared>);

struct Shared {
    client: ClusterClient,
    current: ArcSwapOption<ClusterConnection>,
    is_connecting: AtomicBool,
    /// Notified after each attempt to connect.
    tried: Notify,
}

impl Cluster {
    /// The client never sends a command again by itself: [`Routed`](crate::store::redis::route::Routed) decides what is sent again,
    /// and where.
    pub(crate) async fn connect(nodes: impl IntoIterator<Item = &str>) -> RedisResult<Self> {
        let milliseconds = |pause: Duration| u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
        let client = ClusterClient::builder(nodes)
            .retries(0)
            .min_retry_wait(milliseconds(PAUSE))
            .max_retry_wait(milliseconds(LONGEST_PAUSE))
            .overall_response_timeout(None)
            .build()?;
        let current = ArcSwapOption::from_pointee(client.get_async_connection().await?);
        let (is_connecting, tried) = (AtomicBool::new(false), Notify::new());
        Ok(Self(Arc::new(Shared { client, current, is_connecting, tried })))
    }

    /// Asks the cluster. A connection without nodes is dropped, and the next request waits for a new one.
    pub(crate) async fn ask<T>(&self, ask: impl AsyncFnOnce(ClusterConnection) -> RedisResult<T>) -> RedisResult<T> {
        let current = self.current().await?;
        let answer = ask((*current).clone()).await;
        if answer.as_ref().is_err_and(|error| error.kind() == ErrorKind::ClusterConnectionNotFound) {
            self.0.current.compare_and_swap(&Some(current), None);
        }
        answer
    }

    async fn current(&self) -> RedisResult<Arc<ClusterConnection>> {
        let tried = self.0.tried.notified();
        if let Some(current) = self.0.current.load_full() {
            return Ok(current);
        }
        if !self.0.is_connecting.swap(true, Ordering::SeqCst) {
            // In a task of its own, because the request that waits may be dropped before the attempt ends.
            tokio::spawn(Attempt(Arc::clone(&self.0)).run());
        }
        tried.await;
        let unreachable = || RedisError::from((ErrorKind::ClusterConnectionNotFound, "no node of the cluster answers"));
        self.0.current.load_full().ok_or_else(unreachable)
    }
}

/// The one attempt to connect. When it is dropped, whether it succeeded, failed or panicked, the requests that wait are notified.
struct Attempt(Arc<Shared>);

impl Attempt {
    async fn run(self) {
        match self.0.client.get_async_connection().await {
            Ok(connection) => self.0.current.store(Some(Arc::new(connection))),
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        self.0.is_connecting.store(false, Ordering::SeqCst);
        self.0.tried.notify_waiters();
    }
}

//! The connections of the SQL stores. If a call is dropped, the pool waits for its answer without a time limit, and opens no
//! other connection in its place. So a connection that falls silent would keep its place in the pool until TCP gives up, after
//! many minutes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::{Connection, Database, Pool};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::store::error::StoreError;

/// How long a connection may take to answer a ping, and how long a call waits for a connection before all idle ones are pinged.
const SILENCE: Duration = Duration::from_secs(1);
/// How long to wait, outside the pool, for the answer to a dropped call. The database may still be carrying it out.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long to wait within the pool, if too many connections wait outside. Then the connection is closed, or a connection that is
/// silent would keep its place. At most this often, a slow database gets as many new connections as the pool may have.
const PATIENCE_INSIDE: Duration = Duration::from_secs(10);

pub(crate) struct Connections<DB: Database>(Arc<Shared<DB>>);

struct Shared<DB: Database> {
    pool: Pool<DB>,
    /// Whether the database is reached over a network, on which a connection can fall silent.
    is_remote: bool,
    /// Permits to wait for a connection outside the pool. There are as many as the pool may have connections, so that a slow
    /// database is not flooded with new ones.
    outside: Arc<Semaphore>,
    is_checking: AtomicBool,
}

/// A connection for one call.
pub(crate) struct Call<DB: Database> {
    connection: Option<PoolConnection<DB>>,
    shared: Arc<Shared<DB>>,
}

impl<DB: Database> Connections<DB> {
    pub(crate) fn new(pool: Pool<DB>, is_remote: bool) -> Self {
        let limit = usize::try_from(pool.options().get_max_connections()).unwrap_or(Semaphore::MAX_PERMITS);
        let (outside, is_checking) = (Arc::new(Semaphore::new(limit)), AtomicBool::new(false));
        Self(Arc::new(Shared { pool, is_remote, outside, is_checking }))
    }

    pub(crate) fn pool(&self) -> &Pool<DB> {
        &self.0.pool
    }

    pub(crate) async fn acquire(&self) -> Result<Call<DB>, StoreError> {
        let mut waiting = Waiting { shared: &self.0, is_over: false };
        let mut acquire = std::pin::pin!(self.0.pool.acquire());
        let acquired = match timeout(SILENCE, &mut acquire).await {
            Ok(acquired) => acquired,
            Err(_) => {
                self.0.check();
                acquire.await
            }
        };
        waiting.is_over = true;
        Ok(Call { connection: Some(acquired?), shared: Arc::clone(&self.0) })
    }
}

impl<DB: Database> Call<DB> {
    pub(crate) fn connection(&mut self) -> Result<&mut DB::Connection, StoreError> {
        self.connection.as_deref_mut().ok_or_else(|| StoreError::new("the call is over"))
    }

    /// Returns the connection to the pool. It is called once the database has answered, even if it answered with an error.
    pub(crate) fn finish(mut self) {
        if let Some(connection) = self.connection.take() {
            self.shared.put_back(connection, SILENCE);
        }
    }
}

impl<DB: Database> Drop for Call<DB> {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.shared.put_outside(connection);
        }
    }
}

impl<DB: Database> Shared<DB> {
    /// Moves a connection that has not answered out of the pool, which frees its place.
    fn put_outside(self: &Arc<Self>, connection: PoolConnection<DB>) {
        if !self.is_remote {
            return;
        }
        self.check();
        let (Ok(permit), Ok(runtime)) = (Arc::clone(&self.outside).try_acquire_owned(), Handle::try_current()) else {
            return self.put_back(connection, PATIENCE_INSIDE);
        };
        let mut connection = connection.detach();
        runtime.spawn(async move {
            let _ = timeout(PATIENCE, connection.ping()).await;
            drop(permit);
        });
    }

    /// Returns a connection to the pool. The pool pings it first, without a time limit, so it is closed if that takes too long.
    fn put_back(&self, mut connection: PoolConnection<DB>, limit: Duration) {
        if let (true, Ok(runtime)) = (self.is_remote, Handle::try_current()) {
            // The function is public, but hidden in sqlx's documentation. It does what dropping a connection does.
            runtime.spawn(timeout(limit, connection.return_to_pool()));
        }
    }

    /// Pings all idle connections at once, and closes those that do not answer. One such check runs at a time.
    fn check(self: &Arc<Self>) {
        let Ok(runtime) = Handle::try_current() else { return };
        if !self.is_remote || self.is_checking.swap(true, Ordering::SeqCst) {
            return;
        }
        let check = Check(Arc::clone(self));
        // All are taken before the first can be back.
        let idle: Vec<_> = std::iter::from_fn(|| self.pool.try_acquire()).collect();
        // The pool pings a connection that is returned to it.
        let ping = |mut connection: PoolConnection<DB>| runtime.spawn(timeout(SILENCE, connection.return_to_pool()));
        let checks: Vec<_> = idle.into_iter().map(ping).collect();
        runtime.spawn(async move {
            for one in checks {
                let _ = one.await;
            }
            drop(check);
        });
    }
}

/// A check that is running.
struct Check<DB: Database>(Arc<Shared<DB>>);

impl<DB: Database> Drop for Check<DB> {
    fn drop(&mut self) {
        self.0.is_checking.store(false, Ordering::SeqCst);
    }
}

/// Checks the connections if a call is dropped while it waits for one.
struct Waiting<'s, DB: Database> {
    shared: &'s Arc<Shared<DB>>,
    is_over: bool,
}

impl<DB: Database> Drop for Waiting<'_, DB> {
    fn drop(&mut self) {
        if !self.is_over {
            self.shared.check();
        }
    }
}

impl<DB: Database> std::fmt::Debug for Connections<DB> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.pool.fmt(f)
    }
}

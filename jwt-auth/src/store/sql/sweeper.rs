//! The task of an SQL store that deletes expired rows.

use std::time::Duration;

use tokio::task::AbortHandle;

use crate::store::error::StoreError;

/// How often each instance deletes expired rows.
const SWEEP_EVERY: Duration = Duration::from_secs(60);
/// The pause between two batches of deletions, and the size of a batch. While SQLite deletes a batch, other writes wait.
pub(crate) const PAUSE: Duration = Duration::from_millis(20);
pub(crate) const BATCH: i64 = 100;

/// The task that deletes expired rows. No call waits for it or fails because of it. It ends when its store is dropped.
#[derive(Debug)]
pub(crate) struct Sweeper(AbortHandle);

impl Sweeper {
    /// Sweeps every minute.
    pub(crate) fn start<F>(sweep: impl Fn() -> F + Send + 'static) -> Self
    where
        F: Future<Output = Result<u64, StoreError>> + Send,
    {
        let sweeping = tokio::spawn(async move {
            loop {
                tokio::time::sleep(SWEEP_EVERY).await;
                if let Err(error) = sweep().await {
                    tracing::warn!(target: "jwt_auth", "expired rows could not be deleted; the next attempt is in a minute: {error}");
                }
            }
        });
        Self(sweeping.abort_handle())
    }
}

impl Drop for Sweeper {
    fn drop(&mut self) {
        self.0.abort();
    }
}

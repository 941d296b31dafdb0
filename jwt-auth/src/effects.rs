//! Effects that run to their end after their request is gone, so that a service that stops can wait for them.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::time_limit::{Late, in_time};

/// Counts the effects that are running.
#[derive(Clone, Debug)]
pub(crate) struct Effects(Arc<watch::Sender<usize>>);

impl Effects {
    pub(crate) fn new() -> Self {
        Self(Arc::new(watch::Sender::new(0)))
    }

    /// Counts an effect until the returned value is dropped.
    pub(crate) fn begin(&self) -> Running {
        self.0.send_modify(|running| *running = running.saturating_add(1));
        Running(Arc::clone(&self.0))
    }

    /// Waits until no effect is running, at most for this time. Returns how many are running then.
    pub(crate) async fn ended(&self, limit: Duration) -> usize {
        let mut running = self.0.subscribe();
        // The value that the channel lends is no part of the future, so the future is `Send`.
        let ended = async { drop(running.wait_for(|running| *running == 0).await) };
        match in_time(limit, ended).await {
            Ok(()) => 0,
            Err(Late) => *self.0.borrow(),
        }
    }
}

/// An effect that is running.
#[derive(Debug)]
pub(crate) struct Running(Arc<watch::Sender<usize>>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.send_modify(|running| *running = running.saturating_sub(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(5);

    #[tokio::test(start_paused = true)]
    async fn the_end_of_all_effects_is_awaited() {
        let effects = Effects::new();
        assert_eq!(effects.ended(LIMIT).await, 0);
        let (one, other) = (effects.begin(), effects.begin());
        assert_eq!(effects.ended(LIMIT).await, 2);
        drop(one);
        let waiting = tokio::spawn({
            let effects = effects.clone();
            async move { effects.ended(LIMIT).await }
        });
        tokio::task::yield_now().await;
        drop(other);
        assert_eq!(waiting.await.unwrap(), 0);
    }
}

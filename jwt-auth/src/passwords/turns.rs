//! Limits how many passwords are checked at once.

use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};

/// How many requests may wait for each check that runs.
const WAITING: usize = 8;
/// How long a request waits. After that it is refused, and may try again after the same time.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// The turns of checks, in the order of the requests.
pub(crate) struct Turns {
    /// One permit for each check that runs and each request that waits.
    all: Semaphore,
    /// One permit for each check that runs.
    running: Semaphore,
}

/// The permission to run a check. Dropping it lets the next request run.
pub(crate) struct Turn<'t> {
    _running: SemaphorePermit<'t>,
    _place: SemaphorePermit<'t>,
}

impl Turns {
    /// Lets this many checks run at once.
    pub(crate) fn new(at_once: usize) -> Self {
        let at_once = at_once.clamp(1, Semaphore::MAX_PERMITS / (WAITING + 1));
        let all = at_once.saturating_mul(WAITING + 1);
        Self { all: Semaphore::new(all), running: Semaphore::new(at_once) }
    }

    /// Waits for a turn. `None` if too many requests wait already, or this one has waited too long.
    pub(crate) async fn take(&self) -> Option<Turn<'_>> {
        let _place = self.all.try_acquire().ok()?;
        // If a turn is free, no timer is needed, so this works on a runtime without one.
        let _running = match self.running.try_acquire() {
            Ok(running) => running,
            Err(_) => tokio::time::timeout(PATIENCE, self.running.acquire()).await.ok()?.ok()?,
        };
        Some(Turn { _running, _place })
    }
}

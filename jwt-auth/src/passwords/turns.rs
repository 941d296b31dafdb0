//! How many passwords are checked at once.

use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};

/// How many requests wait, for each check that runs.
const WAITING: usize = 8;
/// How long a request waits. Then it is told to try again after the same time.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// Places for checks, given in the order in which they were asked for.
pub(crate) struct Turns {
    /// For the checks that run and the requests that wait.
    all: Semaphore,
    running: Semaphore,
}

/// A place. Dropping it frees the place.
pub(crate) struct Turn<'t> {
    _running: SemaphorePermit<'t>,
    _place: SemaphorePermit<'t>,
}

impl Turns {
    /// So many at once.
    pub(crate) fn new(at_once: usize) -> Self {
        let at_once = at_once.clamp(1, Semaphore::MAX_PERMITS / (WAITING + 1));
        let all = at_once.saturating_mul(WAITING + 1);
        Self { all: Semaphore::new(all), running: Semaphore::new(at_once) }
    }

    /// `None` where too many wait already, or it has waited too long.
    pub(crate) async fn take(&self) -> Option<Turn<'_>> {
        let _place = self.all.try_acquire().ok()?;
        // A turn that is free needs no timer, and so no runtime that has one.
        let _running = match self.running.try_acquire() {
            Ok(running) => running,
            Err(_) => tokio::time::timeout(PATIENCE, self.running.acquire()).await.ok()?.ok()?,
        };
        Some(Turn { _running, _place })
    }
}

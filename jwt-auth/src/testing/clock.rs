//! A clock that stands still.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use crate::clock::Clock;

/// A clock that stands still until the test sets it. Clones share the time: give one to the builder and keep one in the test.
///
/// ```
/// use jwt_auth::{config::Clock, testing::FixedClock};
/// let clock = FixedClock::at(1_800_000_000);
/// clock.advance(std::time::Duration::from_secs(60));
/// assert_eq!(clock.now(), 1_800_000_060);
/// ```
#[derive(Clone, Debug)]
pub struct FixedClock(Arc<AtomicI64>);

impl FixedClock {
    /// A clock that shows this time, in seconds since 1970.
    #[must_use]
    pub fn at(seconds: i64) -> Self {
        Self(Arc::new(AtomicI64::new(seconds)))
    }

    /// Sets the time, in seconds since 1970.
    pub fn set(&self, seconds: i64) {
        self.0.store(seconds, Ordering::SeqCst);
    }

    /// Moves the time forward. Fractions of a second are cut off.
    pub fn advance(&self, by: Duration) {
        let seconds = i64::try_from(by.as_secs()).unwrap_or(i64::MAX);
        self.set(self.now().saturating_add(seconds));
    }
}

impl Clock for FixedClock {
    fn now(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

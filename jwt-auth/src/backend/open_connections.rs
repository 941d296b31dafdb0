//! When connections that stay open are checked.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// When open connections are checked.
pub(crate) struct OpenConnections {
    pub(crate) every: Duration,
    /// The time limit of one check.
    pub(crate) limit: Duration,
    /// How many connections there have been.
    count: AtomicU64,
}

impl OpenConnections {
    pub(crate) fn new(every: Duration, limit: Duration) -> Self {
        Self { every, limit, count: AtomicU64::new(0) }
    }

    /// When the next connection is checked first. Consecutive connections get times that are spread evenly over the interval (a
    /// Weyl sequence), so that connections that begin together are not checked together.
    pub(crate) fn first(&self) -> Duration {
        const GOLDEN_RATIO: u64 = 0x9E37_79B9_7F4A_7C15;
        let at = self.count.fetch_add(1, Ordering::Relaxed).wrapping_add(1).wrapping_mul(GOLDEN_RATIO);
        let part = u32::try_from(at >> 32).unwrap_or(u32::MAX);
        self.every.mul_f64(f64::from(part) / f64::from(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_checks_are_spread_over_the_interval() {
        let connections = OpenConnections::new(Duration::from_secs(10), Duration::from_secs(2));
        let mut in_second = [0_u32; 10];
        for _ in 0..10_000 {
            in_second[usize::try_from(connections.first().as_secs().min(9)).unwrap()] += 1;
        }
        assert!(in_second.iter().all(|count| (990..=1_010).contains(count)), "{in_second:?}");
    }
}

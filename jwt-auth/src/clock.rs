//! The time, as a value that tests can hold still.

use std::time::{SystemTime, UNIX_EPOCH};

/// 9999-12-31T23:59:59Z, the last second a date of four-digit year can say.
const LAST_SECOND: i64 = 253_402_300_799;

/// Where the time comes from. [`SystemClock`] by default; a closure is a clock, for tests.
///
/// ```
/// use jwt_auth::config::Clock;
/// let clock = || 1_700_000_000;
/// assert_eq!(clock.now(), 1_700_000_000);
/// ```
pub trait Clock: Send + Sync + 'static {
    /// Seconds since 1970-01-01T00:00:00Z, without leap seconds (RFC 7519 section 2, "NumericDate"). A time before
    /// 1970 or after the year 9999 makes every token refused and every login fail with an error.
    fn now(&self) -> i64;
}

impl<F: Fn() -> i64 + Send + Sync + 'static> Clock for F {
    fn now(&self) -> i64 {
        self()
    }
}

/// The clock of the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> i64 {
        match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
            Err(_) => -1,
        }
    }
}

/// The clock shows a time before 1970 or after the year 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ClockError;

/// The time in seconds, where the clock shows a possible one.
pub(crate) fn timestamp(clock: &dyn Clock) -> Result<u64, ClockError> {
    match clock.now() {
        now @ 0..=LAST_SECOND => u64::try_from(now).map_err(|_| ClockError),
        _ => Err(ClockError),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // CLM-12
    #[test]
    fn an_impossible_time_is_an_error() {
        assert_eq!(timestamp(&|| -1), Err(ClockError));
        assert_eq!(timestamp(&|| i64::MAX), Err(ClockError));
        assert_eq!(timestamp(&|| LAST_SECOND + 1), Err(ClockError));
        assert_eq!(timestamp(&|| 0), Ok(0));
        assert!(timestamp(&SystemClock).is_ok());
    }
}

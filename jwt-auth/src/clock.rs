//! The clock, which tests can replace.

use std::time::{SystemTime, UNIX_EPOCH};

/// 9999-12-31T23:59:59Z, the last second of the last four-digit year.
const LAST_SECOND: i64 = 253_402_300_799;

/// A source of the current time. The default is [`SystemClock`]; tests can pass a closure.
///
/// ```
/// use jwt_auth::config::Clock;
/// let clock = || 1_700_000_000;
/// assert_eq!(clock.now(), 1_700_000_000);
/// ```
pub trait Clock: Send + Sync + 'static {
    /// Seconds since 1970-01-01T00:00:00Z, without leap seconds (RFC 7519 section 2, "NumericDate"). If the time is
    /// before 1970 or after the year 9999, every token is refused and every login fails with an error.
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

/// The time in seconds since 1970. An error if the clock is before 1970 or after the year 9999.
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

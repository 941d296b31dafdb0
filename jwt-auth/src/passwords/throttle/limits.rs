//! The limits of a throttle.

use std::fmt;
use std::time::Duration;

/// In seconds.
const DAY: u64 = 24 * 60 * 60;

/// How many wrong passwords a throttle lets through within its window.
///
/// ```
/// use std::time::Duration;
/// use jwt_auth::passwords::{MemoryThrottle, ThrottleLimits};
/// let limits = ThrottleLimits::new().per_name(20).window(Duration::from_secs(3_600));
/// let throttle = MemoryThrottle::new(limits);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThrottleLimits {
    pub(crate) per_name: u16,
    pub(crate) per_address: u16,
    pub(crate) per_name_and_address: u16,
    pub(crate) window: u64,
}

impl ThrottleLimits {
    /// 10 for a name, 100 for an address, 5 for a name from one address, within 15 minutes.
    #[must_use]
    pub const fn new() -> Self {
        Self { per_name: 10, per_address: 100, per_name_and_address: 5, window: 15 * 60 }
    }

    /// The limit of one name, from all addresses together. 10 by default; with 0, `build()` fails.
    #[must_use]
    pub const fn per_name(self, per_name: u16) -> Self {
        Self { per_name, ..self }
    }

    /// The limit of one address, for all names together. 100 by default; with 0, `build()` fails. IPv6 addresses count by their
    /// /64. IPv4 addresses that are written as IPv6 count as IPv4.
    #[must_use]
    pub const fn per_address(self, per_address: u16) -> Self {
        Self { per_address, ..self }
    }

    /// The limit of one name from one address. 5 by default; with 0, `build()` fails. If it is not below
    /// [`per_name`](Self::per_name), one less than `per_name` is used, so that no single address can lock a user out. Behind proxies, a client
    /// that sends both `Forwarded` and `X-Forwarded-For` can also count as the proxy, unless
    /// [`forwarded_headers`](crate::Builder::forwarded_headers) names one of them.
    #[must_use]
    pub const fn per_name_and_address(self, per_name_and_address: u16) -> Self {
        Self { per_name_and_address, ..self }
    }

    /// The window, in whole seconds; less than a second counts as one. 15 minutes by default. `build()` fails if it is longer
    /// than a day, or shorter than a minute for a throttle that instances share. No interval of this length lets more wrong
    /// passwords through than the limits say. A client that has used up a limit waits for up to two windows.
    #[must_use]
    pub const fn window(self, window: Duration) -> Self {
        let seconds = window.as_secs();
        Self { window: if seconds == 0 { 1 } else { seconds }, ..self }
    }
}

impl ThrottleLimits {
    /// What is wrong with the limits, if anything.
    pub(crate) fn mistake(&self) -> Option<&'static str> {
        if self.per_name == 0 || self.per_address == 0 || self.per_name_and_address == 0 {
            Some("`throttle`: a limit is 0; nobody could sign in")
        } else if self.window > DAY {
            Some("`throttle`: `window` is longer than a day; a user would be locked out for longer")
        } else {
            None
        }
    }

    /// The limit of a name from one address: below the limit of the name, unless that is 1.
    pub(crate) fn of_pair(&self) -> u16 {
        self.per_name_and_address.min(self.per_name.saturating_sub(1)).max(1)
    }
}

impl Default for ThrottleLimits {
    fn default() -> Self {
        Self::new()
    }
}

/// A limit that refuses an attempt to sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Limit {
    /// Too many wrong passwords for one user name: [`ThrottleLimits::per_name`].
    PerName,
    /// Too many wrong passwords from one address: [`ThrottleLimits::per_address`].
    PerAddress,
    /// Too many wrong passwords for one user name from one address: [`ThrottleLimits::per_name_and_address`].
    PerNameAndAddress,
    /// Too many passwords are checked at the same time: [`Builder::sign_ins_at_once`](crate::Builder::sign_ins_at_once).
    AtOnce,
    /// A limit of your own [`Throttle`](crate::passwords::Throttle). Give it a name in `snake_case`, for the log and for metrics.
    Own(&'static str),
}

impl Limit {
    /// Its name in the log and in metrics: the name of the setting.
    pub const fn code(self) -> &'static str {
        match self {
            Self::PerName => "per_name",
            Self::PerAddress => "per_address",
            Self::PerNameAndAddress => "per_name_and_address",
            Self::AtOnce => "sign_ins_at_once",
            Self::Own(name) => name,
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PerName => f.write_str("too many wrong passwords for one user name"),
            Self::PerAddress => f.write_str("too many wrong passwords from one address"),
            Self::PerNameAndAddress => f.write_str("too many wrong passwords for one user name from one address"),
            Self::AtOnce => {
                f.write_str("too many passwords are being checked at once; `sign_ins_at_once` sets the limit")
            }
            Self::Own(name) => write!(f, "the limit `{name}` of the throttle is used up"),
        }
    }
}

/// A throttle's refusal of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LimitReached {
    /// Which limit is used up. It is logged and reported to [`Builder::on_event`](crate::Builder::on_event).
    pub limit: Limit,
    /// After how many seconds the client may try again.
    pub retry_after: u64,
}

impl LimitReached {
    /// The refusal of an attempt, and after how many seconds the client may try again.
    #[must_use]
    pub const fn new(limit: Limit, retry_after: u64) -> Self {
        Self { limit, retry_after }
    }
}

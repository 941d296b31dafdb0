//! The limits of a throttle.

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
    /// [`per_name`](Self::per_name), one less than `per_name` is used, so that no single address can lock a user out.
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

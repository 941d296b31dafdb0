//! Counts of attempts in time windows.

use std::net::IpAddr;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use crate::passwords::throttle::Attempt;
use crate::passwords::throttle::limits::{Limit, ThrottleLimits};

/// The source of an attempt: an IPv4 address, or the /64 of an IPv6 address.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Network {
    V4([u8; 4]),
    V6([u8; 8]),
}

impl Network {
    fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address.octets()),
            IpAddr::V6(address) => {
                let [a, b, c, d, e, f, g, h, ..] = address.octets();
                Self::V6([a, b, c, d, e, f, g, h])
            }
        }
    }
}

/// What a counter counts: a name, a network, or both together.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Key<'a> {
    pub(crate) name: Option<&'a str>,
    pub(crate) network: Option<Network>,
}

/// A counter with its limit.
#[derive(Clone, Copy)]
pub(crate) struct Counter<'a> {
    pub(crate) key: Key<'a>,
    pub(crate) limit: u16,
}

impl Counter<'_> {
    /// Which limit it is.
    pub(crate) fn kind(&self) -> Limit {
        match (self.key.name, self.key.network) {
            (Some(_), Some(_)) => Limit::PerNameAndAddress,
            (Some(_), None) => Limit::PerName,
            (None, _) => Limit::PerAddress,
        }
    }
}

/// The limits and the counters that all implementations share.
#[derive(Debug)]
pub(crate) struct Rules {
    pub(crate) limits: ThrottleLimits,
    has_warned: AtomicBool,
}

impl Rules {
    pub(crate) const fn new(limits: ThrottleLimits) -> Self {
        Self { limits, has_warned: AtomicBool::new(false) }
    }

    /// The counters of an attempt. The name comes last: other clients share its counter, so an attempt that is refused because of
    /// its own address must not touch it.
    pub(crate) fn counters<'a>(&self, attempt: Attempt<'a>) -> impl DoubleEndedIterator<Item = Counter<'a>> + use<'a> {
        let (limits, name) = (self.limits, Some(attempt.name));
        let network = attempt.address.map(Network::of);
        let by_address = network.map(|_| {
            [
                Counter { key: Key { name: None, network }, limit: limits.per_address },
                Counter { key: Key { name, network }, limit: limits.of_pair() },
            ]
        });
        let by_name = Counter { key: Key { name, network: None }, limit: limits.per_name };
        by_address.into_iter().flatten().chain([by_name])
    }

    /// Logs once that addresses are not counted.
    pub(crate) fn warn_without_address(&self, attempt: Attempt<'_>) {
        if attempt.address.is_none() && !self.has_warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                target: "jwt_auth",
                "wrong passwords are not counted by address; serve `app.into_make_service_with_connect_info::<SocketAddr>()`"
            );
        }
    }
}

/// The number of the window that contains this time. Windows begin at multiples of their length.
pub(crate) fn period(now: u64, window: u64) -> u64 {
    now.checked_div(window).unwrap_or(now)
}

/// How the window has changed since a counter was last used.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shift {
    /// It is the same window, or one earlier because another instance's clock is slightly ahead.
    None,
    /// It is the next window.
    Next,
    /// Both of the counter's windows are over.
    Past,
    /// The clock was set back by more than a window. The counts are kept.
    Back,
}

impl Shift {
    pub(crate) fn between(from: u64, to: u64) -> Self {
        match (to.saturating_sub(from), from.saturating_sub(to)) {
            (0, 0 | 1) => Self::None,
            (0, _) => Self::Back,
            (1, _) => Self::Next,
            _ => Self::Past,
        }
    }
}

/// The counts of a counter: in its window, and in the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) period: u64,
    pub(crate) previous: u16,
    pub(crate) latest: u16,
}

impl Counts {
    pub(crate) fn shifted(self, shift: Shift, to: u64) -> Self {
        match shift {
            Shift::None => self,
            Shift::Next => Self { period: to, previous: self.latest, latest: 0 },
            Shift::Past => Self { period: to, previous: 0, latest: 0 },
            Shift::Back => Self { period: to, previous: 0, latest: self.total() },
        }
    }

    pub(crate) fn total(self) -> u16 {
        self.previous.saturating_add(self.latest)
    }

    /// Subtracts one attempt that began in the window `began`. If the counter has moved on to the next window, the attempt is
    /// subtracted from the previous window's count.
    pub(crate) fn without_one(self, began: u64) -> Self {
        match self.period.checked_sub(began) {
            Some(0) => Self { latest: self.latest.saturating_sub(1), ..self },
            Some(1) => Self { previous: self.previous.saturating_sub(1), ..self },
            _ => self,
        }
    }

    /// After how many seconds a counter that is full has room again.
    pub(crate) fn wait(self, limit: u16, window: u64, now: u64) -> u64 {
        // The count of this window still counts throughout the next window.
        let windows = if self.latest >= limit { 2 } else { 1 };
        self.period.saturating_add(windows).saturating_mul(window).saturating_sub(now).max(1)
    }
}

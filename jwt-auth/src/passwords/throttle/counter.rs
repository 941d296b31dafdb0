//! The counters of an attempt.

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::passwords::throttle::Attempt;
use crate::passwords::throttle::limits::ThrottleLimits;

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
    /// Logs which limit is used up, but not for whom.
    pub(crate) fn log_refusal(&self) {
        let (limit, whose) = match (self.key.name, self.key.network) {
            (Some(_), Some(_)) => ("per_name_and_address", "for one user name from one address"),
            (Some(_), None) => ("per_name", "for one user name"),
            (None, _) => ("per_address", "from one address"),
        };
        tracing::warn!(target: "jwt_auth", limit, "too many wrong passwords {whose}");
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

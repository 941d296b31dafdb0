//! Limits how often a password may be tried (RFC 6749 section 4.3.2).
//!
//! Each attempt is counted by its address, by its name and address together, and by its name. All implementations count in the
//! same way: windows begin at multiples of their length, and a counter is the sum of the current window and the one before it. So
//! no interval of the length of a window lets more attempts through than the limit.

pub(crate) mod limits;
pub(crate) mod counter;
pub(crate) mod fold;
pub(crate) mod memory;
#[cfg(any(feature = "redis", feature = "sqlite", feature = "postgres"))]
pub(crate) mod shared;
#[cfg(feature = "redis")]
pub(crate) mod redis;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub(crate) mod sql;
#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::sync::Arc;

use crate::store::error::StoreFuture;

pub use crate::passwords::throttle::fold::fold_name;
pub use crate::passwords::throttle::limits::{Limit, LimitReached, ThrottleLimits};
pub use crate::passwords::throttle::memory::MemoryThrottle;
#[cfg(feature = "redis")]
pub use crate::passwords::throttle::redis::RedisThrottle;
#[cfg(feature = "postgres")]
pub use crate::passwords::throttle::sql::PostgresThrottle;
#[cfg(feature = "sqlite")]
pub use crate::passwords::throttle::sql::SqliteThrottle;

/// An attempt to sign in.
#[derive(Clone, Copy, Debug)]
pub struct Attempt<'a> {
    /// The user name, folded by [`Builder::fold_names`](crate::Builder::fold_names), so that all its spellings count as one name.
    pub name: &'a str,
    /// The address of the client, if the server was made with `into_make_service_with_connect_info`: that of the peer or, behind
    /// [`trusted_proxies`](crate::Builder::trusted_proxies), the one that the proxies name.
    pub address: Option<IpAddr>,
}

/// Limits how often a password is guessed.
///
/// Each attempt counts as a wrong password when it begins, and is taken back if the password was not wrong. So guesses that run in
/// parallel cannot exceed the limit, and a client that disconnects has still used an attempt.
///
/// A right password takes back only its own attempt. The wrong passwords before it stay counted until their window is over.
/// Otherwise an attacker with an account whose folded name equals a victim's could reset the victim's counter at will.
///
/// All calls for one attempt get the same `now`: the time at which the attempt began, in seconds since 1970. If a call fails or
/// takes longer than the builder's `store_timeout`, the sign-in gets a 503 and `authenticate` is not called.
pub trait Throttle: Send + Sync + 'static {
    /// What is wrong with the settings, if anything. `build()` reports it.
    fn mistake(&self) -> Option<&'static str> {
        None
    }

    /// Counts an attempt that begins. `None` lets it through. `Some` refuses it without counting it, and says which limit is used up
    /// and after how many seconds the client may try again. The library logs the refusal.
    fn begin<'t>(&'t self, attempt: Attempt<'t>, now: u64) -> StoreFuture<'t, Option<LimitReached>>;

    /// Takes back what [`begin`](Self::begin) counted for this attempt: the password was right, or `authenticate` failed or was not
    /// called. It is called at most once for each attempt, and only if `begin` let the attempt through.
    fn take_back<'t>(&'t self, attempt: Attempt<'t>, now: u64) -> StoreFuture<'t, ()>;
}

/// A throttle that several backends in one process share.
impl<T: Throttle + ?Sized> Throttle for Arc<T> {
    fn mistake(&self) -> Option<&'static str> {
        (**self).mistake()
    }

    fn begin<'t>(&'t self, attempt: Attempt<'t>, now: u64) -> StoreFuture<'t, Option<LimitReached>> {
        (**self).begin(attempt, now)
    }

    fn take_back<'t>(&'t self, attempt: Attempt<'t>, now: u64) -> StoreFuture<'t, ()> {
        (**self).take_back(attempt, now)
    }
}

/// No limits, for a service whose proxy limits sign-ins.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoThrottle;

impl Throttle for NoThrottle {
    fn begin<'t>(&'t self, _: Attempt<'t>, _: u64) -> StoreFuture<'t, Option<LimitReached>> {
        Box::pin(std::future::ready(Ok(None)))
    }

    fn take_back<'t>(&'t self, _: Attempt<'t>, _: u64) -> StoreFuture<'t, ()> {
        Box::pin(std::future::ready(Ok(())))
    }
}

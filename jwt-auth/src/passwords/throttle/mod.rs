//! How often a password may be tried (RFC 6749 section 4.3.2).
//!
//! An attempt is counted in up to three counters: by the address, by the name and the address together, and by the name.
//! Every implementation here counts in the same way: in windows that begin at multiples of their length, and a counter is
//! the sum of this window and the one before it. So any interval as long as a window sees no more than the limit.

pub(crate) mod counter;
pub(crate) mod fold;
pub(crate) mod limits;
pub(crate) mod memory;
#[cfg(feature = "redis")]
pub(crate) mod redis;
#[cfg(any(feature = "redis", feature = "sqlite", feature = "postgres"))]
pub(crate) mod shared;
pub(crate) mod slots;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub(crate) mod sql;
#[cfg(test)]
mod tests;
pub(crate) mod window;

use std::net::IpAddr;
use std::sync::Arc;

use crate::store::error::StoreFuture;

pub use crate::passwords::throttle::fold::fold_name;
pub use crate::passwords::throttle::limits::ThrottleLimits;
pub use crate::passwords::throttle::memory::MemoryThrottle;
#[cfg(feature = "redis")]
pub use crate::passwords::throttle::redis::RedisThrottle;
#[cfg(feature = "postgres")]
pub use crate::passwords::throttle::sql::PostgresThrottle;
#[cfg(feature = "sqlite")]
pub use crate::passwords::throttle::sql::SqliteThrottle;

/// Who tries to sign in.
#[derive(Clone, Copy, Debug)]
pub struct Attempt<'a> {
    /// The user name as [`Builder::fold_names`](crate::Builder::fold_names) folds it, so that every spelling of it is counted as
    /// one name.
    pub name: &'a str,
    /// The peer's address, where the server was made with `into_make_service_with_connect_info`. Behind a proxy it is the
    /// proxy's own: forwarding headers are never read.
    pub address: Option<IpAddr>,
}

/// Limits how often a password is guessed.
///
/// Each attempt counts as a wrong password when it begins, and is taken back if it turns out not to be one. So guesses that
/// run in parallel cannot exceed the limit, and a client that disconnects has still used an attempt.
///
/// A right password takes back its own attempt only: the wrong ones before it stay counted until their window is over. If it
/// cleared them, whoever has an account whose name folds to the same as a victim's could guess at the victim without a limit.
///
/// Every call of one attempt gets the same `now`: the time, in seconds since 1970, at which the attempt began. An error
/// denies: the sign-in is answered 503, and `authenticate` is not called. A call that takes longer than the builder's
/// `store_timeout` is an error.
pub trait Throttle: Send + Sync + 'static {
    /// What is wrong with the settings, if anything, for `build()` to report.
    fn mistake(&self) -> Option<&'static str> {
        None
    }

    /// Begins an attempt. `None` lets it go on. Otherwise the answer is after how many seconds it is worth trying again, and the
    /// attempt is not counted. The throttle logs the refusal, because only it knows which limit is used up.
    fn begin<'t>(&'t self, attempt: Attempt<'t>, now: u64) -> StoreFuture<'t, Option<u64>>;

    /// Takes back what [`begin`](Self::begin) counted for this one attempt, since it was no wrong password: it was right, or
    /// `authenticate` failed or was not called. Called at most once for each attempt, and only if it was let go on.
    fn take_back<'t>(&'t self, attempt: Attempt<'t>, now: u64) -> StoreFuture<'t, ()>;
}

/// A throttle that several backends of one process share.
impl<T: Throttle + ?Sized> Throttle for Arc<T> {
    fn mistake(&self) -> Option<&'static str> {
        (**self).mistake()
    }

    fn begin<'t>(&'t self, attempt: Attempt<'t>, now: u64) -> StoreFuture<'t, Option<u64>> {
        (**self).begin(attempt, now)
    }

    fn take_back<'t>(&'t self, attempt: Attempt<'t>, now: u64) -> StoreFuture<'t, ()> {
        (**self).take_back(attempt, now)
    }
}

/// Lets everyone try as often as they like, for services whose proxy limits sign-ins.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoThrottle;

impl Throttle for NoThrottle {
    fn begin<'t>(&'t self, _: Attempt<'t>, _: u64) -> StoreFuture<'t, Option<u64>> {
        Box::pin(std::future::ready(Ok(None)))
    }

    fn take_back<'t>(&'t self, _: Attempt<'t>, _: u64) -> StoreFuture<'t, ()> {
        Box::pin(std::future::ready(Ok(())))
    }
}

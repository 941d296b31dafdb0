//! What is remembered of tokens after they were issued: which are revoked, and which refresh tokens are unused.

mod by_issuer;
mod memory;
mod record;
#[cfg(feature = "redis")]
mod redis;
#[cfg(feature = "redis")]
pub(crate) mod redis_cluster;
#[cfg(feature = "redis")]
pub(crate) mod redis_connection;
#[cfg(feature = "redis")]
mod redis_scripts;
mod sieve;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod sql;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod sql_text;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::cause::{BoxError, Cause};
use crate::clock::ClockError;

#[cfg(feature = "redis")]
pub use self::redis::RedisStore;
pub use memory::MemoryStore;
pub use record::{Consumed, Refresh, RefreshHash, Revocation, TokenRef};
#[cfg(feature = "postgres")]
pub use sql::PostgresStore;
#[cfg(feature = "sqlite")]
pub use sql::SqliteStore;

/// The answer of a [`Store`].
pub type StoreFuture<'s, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 's>>;

/// A memory of revocations and refresh tokens that every instance of a service shares.
///
/// Times are seconds since 1970 and come from the backend's clock, never from the store's own. An entry may be
/// forgotten once its `until` or `ends_at` has passed, and not before. An error denies: the request, the sign-in or the
/// refresh is answered 503. A call that takes longer than the builder's `store_timeout` is an error.
pub trait Store: Send + Sync + 'static {
    /// Whether the token, its session, or its user up to its time was revoked. Once a request, so it must be quick.
    fn is_revoked<'s>(&'s self, token: TokenRef<'s>, now: u64) -> StoreFuture<'s, bool>;

    /// As [`is_revoked`](Self::is_revoked), for a store that has its answers at hand and never waits for them, such as one in this
    /// process. `None`, as by default, where it waits; always or never.
    fn is_revoked_at_once(&self, token: TokenRef<'_>, now: u64) -> Option<bool> {
        let _ = (token, now);
        None
    }

    /// Revokes all of these in one step, or none of them. A revocation that is there already stays until the later of the two
    /// times; for a subject the later of the two `before` times counts too.
    fn revoke<'s>(&'s self, revocations: &'s [Revocation<'s>], now: u64) -> StoreFuture<'s, ()>;

    /// Keeps the first refresh token of a session and, in the same step, revokes what that session replaces.
    fn begin<'s>(&'s self, refresh: Refresh, replaced: &'s [Revocation<'s>], now: u64) -> StoreFuture<'s, ()>;

    /// Uses a refresh token, and keeps its successor in the same step: of any number of callers at once, on any number of
    /// instances, exactly one is told [`Consumed::Now`]. For `grace` seconds afterwards the others are told
    /// [`Consumed::Before`], and then [`Consumed::Reused`].
    fn consume<'s>(&'s self, presented: RefreshHash, successor: Successor, now: u64) -> StoreFuture<'s, Consumed>;

    /// The session that a refresh token belongs to, used or not, so that it can be revoked.
    fn find<'s>(&'s self, presented: RefreshHash, now: u64) -> StoreFuture<'s, Option<Refresh>>;
}

/// A store that several backends of one process share.
impl<S: Store + ?Sized> Store for Arc<S> {
    fn is_revoked<'s>(&'s self, token: TokenRef<'s>, now: u64) -> StoreFuture<'s, bool> {
        (**self).is_revoked(token, now)
    }

    fn is_revoked_at_once(&self, token: TokenRef<'_>, now: u64) -> Option<bool> {
        (**self).is_revoked_at_once(token, now)
    }

    fn revoke<'s>(&'s self, revocations: &'s [Revocation<'s>], now: u64) -> StoreFuture<'s, ()> {
        (**self).revoke(revocations, now)
    }

    fn begin<'s>(&'s self, refresh: Refresh, replaced: &'s [Revocation<'s>], now: u64) -> StoreFuture<'s, ()> {
        (**self).begin(refresh, replaced, now)
    }

    fn consume<'s>(&'s self, presented: RefreshHash, successor: Successor, now: u64) -> StoreFuture<'s, Consumed> {
        (**self).consume(presented, successor, now)
    }

    fn find<'s>(&'s self, presented: RefreshHash, now: u64) -> StoreFuture<'s, Option<Refresh>> {
        (**self).find(presented, now)
    }
}

/// What takes the place of a refresh token that is used.
#[derive(Clone, Debug)]
pub struct Successor {
    /// The hash of the new token.
    pub hash: RefreshHash,
    /// The new token, so that only who has the old one can read it.
    pub sealed: [u8; 32],
    /// For how many seconds the old token still gives the new one. 0: not at all, whatever the clocks of instances say.
    pub grace: u64,
    /// For how many seconds the new token can be used. The session's own end comes first.
    pub idle: u64,
    /// For how many seconds after the session's end its revocation is kept, if the token is used twice. The last access
    /// token would be accepted that much longer, because of the leeway.
    pub margin: u64,
}

impl Successor {
    /// Until when the old token still gives the new one; the beginning of time where it never does. Another instance may
    /// have read its clock a moment before this one, so that `now` itself would give it some.
    pub fn grace_until(&self, now: u64) -> u64 {
        if self.grace == 0 { 0 } else { now.saturating_add(self.grace) }
    }
}

/// Why a store cannot answer. A handler that returns it answers 503 with `Retry-After` and a problem document (RFC 9457).
///
/// Two errors are equal if their texts and the texts of their sources are.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoreError {
    text: String,
    source: Option<Cause>,
}

impl StoreError {
    /// An error with this text. It is logged, so it must hold no secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), source: None }
    }

    /// Wraps an error of the database or its client: it becomes the [`source`](std::error::Error::source), and its text
    /// is shown and logged, so it must hold no secret.
    pub fn caused_by(error: impl Into<BoxError>) -> Self {
        let source = Cause::new(error);
        Self { text: source.to_string(), source: Some(source) }
    }
}

/// Without a time nothing can be said of what has expired.
impl From<ClockError> for StoreError {
    fn from(ClockError: ClockError) -> Self {
        Self::new("the clock shows an impossible time")
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(Cause::as_error)
    }
}

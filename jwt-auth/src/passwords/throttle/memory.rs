//! The throttle in memory, a table of fixed size.

use std::fmt;
use std::future::ready;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::passwords::throttle::counter::{Counter, Key, Rules};
use crate::passwords::throttle::limits::ThrottleLimits;
use crate::passwords::throttle::slots::{self, Bucket};
use crate::passwords::throttle::window::{Counts, period};
use crate::passwords::throttle::{Attempt, Throttle};
use crate::store::error::StoreFuture;

/// Each part of the table has a lock of its own.
const PARTS: usize = 16;
/// How many entries a bucket has on average: a quarter of its slots, so that one bucket in a thousand is full.
const ENTRIES_IN_A_BUCKET: usize = 2;
/// 8 MiB.
const DEFAULT_ENTRIES: usize = 230_000;

/// Counts wrong passwords in this process. The default throttle, with the limits of [`ThrottleLimits::new`].
///
/// An attempt takes constant time. The table has a fixed size: 8 MiB by default, which is room for about 230,000 entries
/// ([`entries`](Self::entries)). The memory is allocated with the first attempts. When the table is full, names and addresses
/// begin to share counters: they are refused sooner, and nothing is forgotten. With several instances, each of them counts for
/// itself; `RedisThrottle`, `SqliteThrottle` and `PostgresThrottle` count for all.
///
/// A right password is not counted, and does not clear the wrong ones before it. So a user who mistypes five times from one
/// address within the window has to wait, even if they signed in meanwhile.
pub struct MemoryThrottle {
    rules: Rules,
    hasher: RandomState,
    /// The number of buckets in each part.
    pub(crate) buckets: usize,
    pub(crate) parts: [Mutex<Vec<Bucket>>; PARTS],
}

impl MemoryThrottle {
    /// A throttle with these limits.
    #[must_use]
    pub fn new(limits: ThrottleLimits) -> Self {
        let parts = [const { Mutex::new(Vec::new()) }; PARTS];
        Self { rules: Rules::new(limits), hasher: RandomState::new(), buckets: 0, parts }.entries(DEFAULT_ENTRIES)
    }

    /// How many entries the table has room for, roughly. Each name, each address, and each name from an address that is tried within
    /// two windows takes one. 230,000 by default. An entry takes 36 bytes.
    #[must_use]
    pub fn entries(self, entries: usize) -> Self {
        Self { buckets: entries.div_ceil(ENTRIES_IN_A_BUCKET * PARTS).max(1), ..self }
    }

    /// Calls `call` with the bucket of this key and with the tag of the key in it.
    fn with_bucket<T>(&self, key: &Key<'_>, call: impl FnOnce(&mut Bucket, u32) -> T) -> Option<T> {
        let hash = self.hasher.hash_one(key);
        let low = usize::try_from(hash & u64::from(u32::MAX)).ok()?;
        let mut part = self.part(low % PARTS)?;
        if part.is_empty() {
            *part = vec![Bucket::default(); self.buckets];
        }
        let bucket = part.get_mut((low / PARTS).checked_rem(self.buckets)?)?;
        Some(call(bucket, slots::tag(hash)))
    }

    fn part(&self, at: usize) -> Option<MutexGuard<'_, Vec<Bucket>>> {
        self.parts.get(at).map(|part| part.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn count(&self, attempt: Attempt<'_>, now: u64) -> Option<u64> {
        let window = self.rules.limits.window;
        let began = period(now, window);
        for (done, counter) in self.rules.counters(attempt).enumerate() {
            let counted = self.with_bucket(&counter.key, |bucket, tag| slots::count(bucket, tag, counter.limit, began));
            let counts = match counted {
                Some(Ok(())) => continue,
                Some(Err(counts)) => counts,
                // An attempt that cannot be counted is refused.
                None => Counts { period: began, previous: 0, latest: counter.limit },
            };
            counter.log_refusal();
            self.take_back_from(self.rules.counters(attempt).take(done), began);
            return Some(counts.wait(counter.limit, window, now));
        }
        None
    }

    /// Takes an attempt that began in this window back from these counters.
    fn take_back_from<'a>(&self, counters: impl Iterator<Item = Counter<'a>>, began: u64) {
        for counter in counters {
            self.with_bucket(&counter.key, |bucket, tag| slots::take_back(bucket, tag, began));
        }
    }
}

impl Default for MemoryThrottle {
    fn default() -> Self {
        Self::new(ThrottleLimits::new())
    }
}

impl Throttle for MemoryThrottle {
    fn mistake(&self) -> Option<&'static str> {
        self.rules.limits.mistake()
    }

    fn begin<'t>(&'t self, attempt: Attempt<'t>, now: u64) -> StoreFuture<'t, Option<u64>> {
        self.rules.warn_without_address(attempt);
        Box::pin(ready(Ok(self.count(attempt, now))))
    }

    fn take_back<'t>(&'t self, attempt: Attempt<'t>, now: u64) -> StoreFuture<'t, ()> {
        self.take_back_from(self.rules.counters(attempt), period(now, self.rules.limits.window));
        Box::pin(ready(Ok(())))
    }
}

impl fmt::Debug for MemoryThrottle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryThrottle").field("limits", &self.rules.limits).finish_non_exhaustive()
    }
}

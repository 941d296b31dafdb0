//! The throttle in memory, a table of fixed size.

use std::fmt;
use std::future::ready;
use std::hash::BuildHasher;
use std::hash::RandomState;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use crate::passwords::throttle::Attempt;
use crate::passwords::throttle::Throttle;
use crate::passwords::throttle::counter::Counter;
use crate::passwords::throttle::counter::Counts;
use crate::passwords::throttle::counter::Key;
use crate::passwords::throttle::counter::Rules;
use crate::passwords::throttle::counter::Shift;
use crate::passwords::throttle::counter::period;
use crate::passwords::throttle::limits::LimitReached;
use crate::passwords::throttle::limits::ThrottleLimits;
use crate::store::error::StoreFuture;

/// Each part of the table has a lock of its own.
const PARTS: usize = 16;
/// How many entries a bucket has on average: a quarter of its slots, so that one bucket in a thousand is full.
const ENTRIES_IN_A_BUCKET: usize = 2;
/// This many entries take 8 MiB.
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
        Some(call(bucket, tag(hash)))
    }

    fn part(&self, at: usize) -> Option<MutexGuard<'_, Vec<Bucket>>> {
        self.parts.get(at).map(|part| part.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn count(&self, attempt: Attempt<'_>, now: u64) -> Option<LimitReached> {
        let window = self.rules.limits.window;
        let began = period(now, window);
        for (done, counter) in self.rules.counters(attempt).enumerate() {
            let counted = self.with_bucket(&counter.key, |bucket, tag| count(bucket, tag, counter.limit, began));
            let counts = match counted {
                Some(Ok(())) => continue,
                Some(Err(counts)) => counts,
                // An attempt that cannot be counted is refused.
                None => Counts { period: began, previous: 0, latest: counter.limit },
            };
            self.take_back_from(self.rules.counters(attempt).take(done), began);
            return Some(LimitReached::new(counter.kind(), counts.wait(counter.limit, window, now)));
        }
        None
    }

    /// Takes an attempt that began in this window back from these counters.
    fn take_back_from<'a>(&self, counters: impl Iterator<Item = Counter<'a>>, began: u64) {
        for counter in counters {
            self.with_bucket(&counter.key, |bucket, tag| take_back(bucket, tag, began));
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

    fn begin<'t>(&'t self, attempt: Attempt<'t>, now: u64) -> StoreFuture<'t, Option<LimitReached>> {
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

pub(crate) const SLOTS: usize = 8;

/// The window in which the bucket was last used, and its slots. It consists of plain numbers, so that the system zeroes the
/// memory of the table when it is first used.
pub(crate) type Bucket = [u64; SLOTS + 1];

/// The tag of a free slot.
const FREE: u32 = 0;
/// The tag of a slot that counts several keys, because the bucket was full.
const SHARED: u32 = 1;

/// The tag of a key's slot, from the upper half of the key's hash.
pub(crate) fn tag(hash: u64) -> u32 {
    u32::try_from(hash >> 32).unwrap_or(u32::MAX).max(SHARED + 1)
}

#[derive(Clone, Copy)]
struct Slot {
    tag: u32,
    previous: u16,
    latest: u16,
}

impl Slot {
    fn unpack(bits: u64) -> Self {
        let [a, b, c, d, e, f, g, h] = bits.to_be_bytes();
        Self {
            tag: u32::from_be_bytes([a, b, c, d]),
            previous: u16::from_be_bytes([e, f]),
            latest: u16::from_be_bytes([g, h]),
        }
    }

    /// A slot whose counts are 0 becomes free.
    fn pack(self) -> u64 {
        if (self.previous, self.latest) == (0, 0) {
            return 0;
        }
        u64::from(self.tag) << 32 | u64::from(self.previous) << 16 | u64::from(self.latest)
    }

    fn counts(self, period: u64) -> Counts {
        Counts { period, previous: self.previous, latest: self.latest }
    }

    fn with(self, counts: Counts) -> Self {
        Self { previous: counts.previous, latest: counts.latest, ..self }
    }
}

/// The slot that counts a key: its own, or the shared one if that is in use, because it may have counted the key.
fn counted_by(slots: &[u64; SLOTS], tag: u32) -> Option<usize> {
    let find = |wanted: u32| slots.iter().position(|bits| Slot::unpack(*bits).tag == wanted);
    find(tag).or_else(|| find(SHARED))
}

/// The slot for a key: the one that counts it, a free one, or the last one, which it then shares.
fn slot_for(slots: &[u64; SLOTS], tag: u32) -> usize {
    let last = SLOTS - 1;
    counted_by(slots, tag).or_else(|| slots.iter().position(|bits| *bits == 0)).unwrap_or(last)
}

/// Counts an attempt. If the limit is used up, the error contains the counts.
pub(crate) fn count(bucket: &mut Bucket, tag: u32, limit: u16, now: u64) -> Result<(), Counts> {
    let [period, slots @ ..] = bucket;
    let shift = Shift::between(*period, now);
    if shift != Shift::None {
        for bits in slots.iter_mut() {
            let slot = Slot::unpack(*bits);
            *bits = slot.with(slot.counts(*period).shifted(shift, now)).pack();
        }
        *period = now;
    }
    let at = slot_for(slots, tag);
    let full = Counts { period: *period, previous: limit, latest: limit };
    let Some(bits) = slots.get_mut(at) else { return Err(full) };
    let slot = Slot::unpack(*bits);
    let counts = slot.counts(*period);
    if counts.total() >= limit {
        return Err(counts);
    }
    let tag = if matches!(slot.tag, FREE) || slot.tag == tag { tag } else { SHARED };
    *bits = Slot { tag, latest: slot.latest.saturating_add(1), ..slot }.pack();
    Ok(())
}

/// Takes back an attempt that began in this window.
pub(crate) fn take_back(bucket: &mut Bucket, tag: u32, began: u64) {
    let [period, slots @ ..] = bucket;
    if let Some(bits) = counted_by(slots, tag).and_then(|at| slots.get_mut(at)) {
        let slot = Slot::unpack(*bits);
        *bits = slot.with(slot.counts(*period).without_one(began)).pack();
    }
}

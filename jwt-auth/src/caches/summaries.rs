//! A cache of summaries that were read recently, so that a service need not read its store for each request.

use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU64, Ordering};

use foldhash::fast::RandomState;

use crate::caches::bounded::{BoundedCache, bounded_cache};
use crate::store::document::{Key, Summary};

const CAPACITY: usize = 50_000;
/// Larger summaries, in bytes, are not cached, so that memory use is bounded.
const MAX_SUMMARY: usize = 4_096;
/// The number of change counters. Several keys share a counter, so a change of one key also invalidates the others.
const COUNTERS: u16 = 4_096;

/// A bounded cache. A cached summary is enough to accept a token, but not to refuse it: before a refusal the store is
/// read.
pub(crate) struct SummaryCache {
    /// How long a summary is fresh, in seconds.
    staleness: u64,
    summaries: BoundedCache<Key, Recent>,
    /// Counts the changes that this instance has made to documents, by key.
    changes: Vec<AtomicU64>,
    hasher: RandomState,
}

#[derive(Clone)]
struct Recent {
    /// When the store was read, in seconds since 1970.
    asked_at: u64,
    changes: Changes,
    summary: Option<Summary>,
}

/// The change counter of a key at some moment.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Changes(u64);

impl SummaryCache {
    /// `None` if `staleness` is 0, since nothing is cached then.
    pub(crate) fn new(staleness: u64) -> Option<Self> {
        (staleness > 0).then(|| Self::with_capacity(staleness, CAPACITY))
    }

    fn with_capacity(staleness: u64, capacity: usize) -> Self {
        let changes = (0..COUNTERS).map(|_| AtomicU64::new(0)).collect();
        Self { staleness, summaries: bounded_cache(capacity), changes, hasher: RandomState::default() }
    }

    /// The cached summary, if it is fresh and this instance has not changed the document since. It is not fresh if the clock was
    /// set back.
    pub(crate) fn get(&self, key: &Key, now: u64) -> Option<Option<Summary>> {
        let recent = self.summaries.get(key)?;
        let is_fresh = now.checked_sub(recent.asked_at).is_some_and(|age| age < self.staleness);
        (is_fresh && recent.changes == self.changes(key)).then_some(recent.summary)
    }

    /// Call this before reading the store, so that a change during the read is noticed.
    pub(crate) fn changes(&self, key: &Key) -> Changes {
        Changes(self.counter(key).map_or(0, |counter| counter.load(Ordering::SeqCst)))
    }

    /// Caches what the store returned. The read began at `asked_at`.
    pub(crate) fn keep(&self, key: Key, summary: Option<Summary>, asked_at: u64, changes: Changes) {
        if summary.as_ref().is_none_or(|summary| summary.as_bytes().len() <= MAX_SUMMARY) {
            self.summaries.insert(key, Recent { asked_at, changes, summary });
        }
    }

    /// Call this before changing a document. Dropping the returned value invalidates the cached summary, whether or not the
    /// change succeeded.
    pub(crate) fn changing(&self, key: Key) -> Changing<'_> {
        Changing { recent: self, key }
    }

    fn counter(&self, key: &Key) -> Option<&AtomicU64> {
        let at = self.hasher.hash_one(key).checked_rem(u64::from(COUNTERS))?;
        self.changes.get(usize::try_from(at).ok()?)
    }
}

/// A change of a document that is in progress.
pub(crate) struct Changing<'r> {
    recent: &'r SummaryCache,
    key: Key,
}

impl Drop for Changing<'_> {
    fn drop(&mut self) {
        if let Some(counter) = self.recent.counter(&self.key) {
            counter.fetch_add(1, Ordering::SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: u32) -> Key {
        let mut bytes = [0; 17];
        bytes[13..].copy_from_slice(&n.to_be_bytes());
        Key::from_bytes(&bytes).unwrap()
    }

    fn summary() -> Option<Summary> {
        Some(Summary::from_bytes([1]))
    }

    fn kept(keys: &[Key]) -> SummaryCache {
        let recent = SummaryCache::with_capacity(5, 1_000);
        keys.iter().for_each(|key| recent.keep(*key, summary(), 100, recent.changes(key)));
        recent
    }

    // REV-08
    #[test]
    fn a_summary_is_cached_until_it_is_stale() {
        let recent = kept(&[key(1)]);
        for (now, is_known) in [(99, false), (100, true), (104, true), (105, false), (1_000, false)] {
            assert_eq!(recent.get(&key(1), now), is_known.then(summary), "{now}");
        }
        assert_eq!(recent.get(&key(2), 100), None);
        recent.keep(key(2), None, 100, recent.changes(&key(2)));
        assert_eq!(recent.get(&key(2), 100), Some(None));
        assert!(SummaryCache::new(0).is_none());
    }

    // REV-08
    #[test]
    fn a_change_invalidates_the_summary_even_if_the_read_began_earlier() {
        let others: Vec<Key> = (2..10).map(key).collect();
        let recent = kept(&[&[key(1)], &others[..]].concat());
        let before = recent.changes(&key(1));
        drop(recent.changing(key(1)));
        assert_eq!(recent.get(&key(1), 100), None);
        recent.keep(key(1), summary(), 100, before);
        assert_eq!(recent.get(&key(1), 100), None, "the store was read before the change");
        recent.keep(key(1), summary(), 100, recent.changes(&key(1)));
        assert_eq!(recent.get(&key(1), 100), Some(summary()));
        let known = others.iter().filter(|other| recent.get(other, 100).is_some()).count();
        assert!(known >= 6, "other documents are still cached, except those that share a counter: {known}");
    }

    // REV-08
    #[test]
    fn the_cache_is_bounded() {
        let recent = SummaryCache::with_capacity(5, 100);
        for n in 0..10_000 {
            recent.keep(key(n), summary(), 100, recent.changes(&key(n)));
        }
        assert!(recent.summaries.len() <= 100, "{}", recent.summaries.len());
        let large = Some(Summary::from_bytes(vec![0; MAX_SUMMARY + 1]));
        recent.keep(key(10_001), large, 100, recent.changes(&key(10_001)));
        assert_eq!(recent.get(&key(10_001), 100), None);
    }
}

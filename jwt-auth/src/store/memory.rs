//! A store in the memory of one process.

use std::collections::HashMap;
use std::fmt;
use std::future::ready;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{PoisonError, RwLock};

use foldhash::fast::RandomState;

use crate::clock::{Clock, SystemClock, timestamp};
use crate::store::document::{Document, Key, Summary, Version};
use crate::store::error::{StoreError, StoreFuture};
use crate::store::store_trait::{MARGIN, Reading, Safety, Store};

const DEFAULT_CAPACITY: usize = 1_000_000;
const SHARDS: u16 = 64;
/// When a document is added, its shard is cleared of expired documents, but not more often than this, in seconds.
const SWEEP_EVERY: u64 = 60;
/// How many shards one request clears at most when the store is full.
const SWEPT_AT_ONCE: usize = 4;

/// The default store. It keeps everything in this process, so it is for a single instance and loses everything when the process
/// ends.
///
/// It is bounded: when it is full, it refuses new accounts with an error and deletes nothing that is still needed. A quarter of
/// the room is reserved for signing out and revoking.
pub struct MemoryStore {
    capacity: usize,
    /// The number of documents in all shards.
    pub(crate) count: AtomicUsize,
    hasher: RandomState,
    shards: Vec<RwLock<Shard>>,
    /// The shard to clear next when the store is full.
    next: AtomicUsize,
    clock: Box<dyn Clock>,
}

struct Shard {
    documents: HashMap<Key, Document, RandomState>,
    /// When it was last cleared, in seconds since 1970.
    swept_at: u64,
}

impl MemoryStore {
    /// Room for a million documents: accounts with sessions or revocations, and authorization codes.
    pub fn new() -> Self {
        Self::with_capacity(DEFAULT_CAPACITY)
    }

    /// Room for `capacity` documents. New accounts get at most three quarters of it; the rest is reserved for signing out and
    /// revoking.
    pub fn with_capacity(capacity: usize) -> Self {
        let shard = || RwLock::new(Shard { documents: HashMap::default(), swept_at: 0 });
        Self {
            capacity,
            count: AtomicUsize::new(0),
            hasher: RandomState::default(),
            shards: (0..SHARDS).map(|_| shard()).collect(),
            next: AtomicUsize::new(0),
            clock: Box::new(SystemClock),
        }
    }

    /// Sets the clock that decides which documents have expired, for tests.
    #[must_use]
    pub fn clock(self, clock: impl Clock) -> Self {
        Self { clock: Box::new(clock), ..self }
    }

    fn shard(&self, key: &Key) -> Result<&RwLock<Shard>, StoreError> {
        let at = self.hasher.hash_one(key).checked_rem(u64::from(SHARDS)).unwrap_or_default();
        self.shards.get(usize::try_from(at).unwrap_or_default()).ok_or_else(|| StoreError::new("a shard is missing"))
    }

    fn document<T>(&self, key: &Key, of: impl FnOnce(&Document) -> T) -> Result<Option<T>, StoreError> {
        let shard = self.shard(key)?.read().unwrap_or_else(PoisonError::into_inner);
        Ok(shard.documents.get(key).map(of))
    }

    pub(crate) fn replace_now(
        &self,
        key: &Key,
        expected: Option<Version>,
        new: Option<Document>,
        safety: Safety,
    ) -> Result<bool, StoreError> {
        if let Some(done) = self.try_replace(key, expected, new.clone(), safety)? {
            return Ok(done);
        }
        self.make_room();
        self.try_replace(key, expected, new, safety)?.ok_or_else(|| StoreError::new("the memory store is full"))
    }

    /// `None` if there is no room.
    fn try_replace(
        &self,
        key: &Key,
        expected: Option<Version>,
        new: Option<Document>,
        safety: Safety,
    ) -> Result<Option<bool>, StoreError> {
        // The map is intact even if the lock is poisoned: every change below is a single call on it.
        let mut shard = self.shard(key)?.write().unwrap_or_else(PoisonError::into_inner);
        let is = shard.documents.get(key).map(|document| document.version);
        if is == new.as_ref().map(|document| document.version) {
            return Ok(Some(true));
        }
        if is != expected {
            return Ok(Some(false));
        }
        match new {
            Some(document) => {
                if is.is_none() && !self.take_room(&mut shard, safety) {
                    return Ok(None);
                }
                shard.documents.insert(*key, document);
            }
            None => {
                shard.documents.remove(key);
                self.count.fetch_sub(1, Ordering::Relaxed);
            }
        }
        Ok(Some(true))
    }

    /// Reserves room for one more document. False if there is none.
    fn take_room(&self, shard: &mut Shard, safety: Safety) -> bool {
        let limit = match safety {
            Safety::Usual => self.capacity.saturating_sub(self.capacity / 4),
            Safety::Confirmed => self.capacity,
        };
        let now = timestamp(&*self.clock).unwrap_or_default();
        if now.saturating_sub(shard.swept_at) >= SWEEP_EVERY {
            self.sweep(shard, now);
        }
        let take = |count: usize| (count < limit).then(|| count.saturating_add(1));
        self.count.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok()
    }

    /// Removes expired documents from some shards. Each shard is cleared at most once a second, since nothing more expires within
    /// a second. One request clears only a few, so that no request takes long.
    fn make_room(&self) {
        let Ok(now) = timestamp(&*self.clock) else { return };
        let mut swept = 0_usize;
        for _ in 0..SHARDS {
            let at = self.next.fetch_add(1, Ordering::Relaxed).checked_rem(usize::from(SHARDS)).unwrap_or_default();
            let Some(shard) = self.shards.get(at) else { return };
            let mut shard = shard.write().unwrap_or_else(PoisonError::into_inner);
            if shard.documents.is_empty() || shard.swept_at >= now {
                continue;
            }
            self.sweep(&mut shard, now);
            swept = swept.saturating_add(1);
            if swept == SWEPT_AT_ONCE {
                return;
            }
        }
    }

    /// Removes the expired documents of one shard.
    fn sweep(&self, shard: &mut Shard, now: u64) {
        shard.swept_at = now;
        let before = shard.documents.len();
        shard.documents.retain(|_, document| document.keep_until.saturating_add(MARGIN) > now);
        self.count.fetch_sub(before.saturating_sub(shard.documents.len()), Ordering::Relaxed);
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").field("documents", &self.count).finish_non_exhaustive()
    }
}

impl Store for MemoryStore {
    fn read<'s>(&'s self, key: &'s Key) -> StoreFuture<'s, Reading> {
        // This store has no clock besides the instance's.
        let reading = self.document(key, Document::clone).map(|document| Reading { document, clock: None });
        Box::pin(ready(reading))
    }

    fn read_summary<'s>(&'s self, key: &'s Key) -> StoreFuture<'s, Option<Summary>> {
        Box::pin(ready(self.document(key, |document| document.summary.clone())))
    }

    fn summary_at_once(&self, key: &Key) -> Option<Option<Summary>> {
        self.document(key, |document| document.summary.clone()).ok()
    }

    fn replace<'s>(
        &'s self,
        key: &'s Key,
        expected: Option<Version>,
        new: Option<Document>,
        safety: Safety,
    ) -> StoreFuture<'s, bool> {
        Box::pin(ready(self.replace_now(key, expected, new, safety)))
    }
}

//! The store of one process.

use std::collections::HashMap;
use std::fmt;
use std::future::ready;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{PoisonError, RwLock, RwLockWriteGuard};
use std::time::{Duration, Instant};

use super::document::{Document, Key, Summary, Version};
use super::store::{MARGIN, Reading, Safety, Store};
use crate::clock::{Clock, SystemClock, timestamp};
use crate::store::{StoreError, StoreFuture};

const DEFAULT_CAPACITY: usize = 1_000_000;
const SHARDS: usize = 64;
/// How often a growing shard is cleared of documents that are past.
const SWEEP_EVERY: Duration = Duration::from_secs(60);

/// Keeps everything in this process: for one instance, and until it ends. The default.
///
/// Bounded: where it is full it refuses new accounts with an error, and forgets nothing that is needed. Signing out always finds
/// room.
pub struct MemoryStore {
    capacity: usize,
    /// The number of documents in all shards.
    count: AtomicUsize,
    hasher: RandomState,
    shards: Vec<RwLock<Shard>>,
    clock: Box<dyn Clock>,
}

struct Shard {
    documents: HashMap<Key, Document>,
    swept_at: Instant,
}

impl MemoryStore {
    /// Room for a million documents: accounts with sessions or revocations, and authorization codes.
    pub fn new() -> Self {
        Self::with_capacity(DEFAULT_CAPACITY)
    }

    /// Room for this many documents. New accounts take three quarters of it at most; the rest stays for signing out and revoking.
    pub fn with_capacity(capacity: usize) -> Self {
        let shard = || RwLock::new(Shard { documents: HashMap::new(), swept_at: Instant::now() });
        Self {
            capacity,
            count: AtomicUsize::new(0),
            hasher: RandomState::new(),
            shards: (0..SHARDS).map(|_| shard()).collect(),
            clock: Box::new(SystemClock),
        }
    }

    /// Another clock for when documents are past, for tests.
    #[must_use]
    pub fn clock(self, clock: impl Clock) -> Self {
        Self { clock: Box::new(clock), ..self }
    }

    fn shard(&self, key: &Key) -> Result<&RwLock<Shard>, StoreError> {
        let hash = usize::try_from(self.hasher.hash_one(key) % 64).unwrap_or_default();
        self.shards.get(hash).ok_or_else(|| StoreError::new("a shard is missing"))
    }

    fn document<T>(&self, key: &Key, of: impl FnOnce(&Document) -> T) -> Result<Option<T>, StoreError> {
        let shard = self.shard(key)?.read().unwrap_or_else(PoisonError::into_inner);
        Ok(shard.documents.get(key).map(of))
    }

    fn replace_now(
        &self,
        key: &Key,
        expected: Option<Version>,
        new: Option<Document>,
        safety: Safety,
    ) -> Result<bool, StoreError> {
        // A poisoned lock guards a map that is whole: every change below is one call of it.
        let mut shard = self.shard(key)?.write().unwrap_or_else(PoisonError::into_inner);
        let is = shard.documents.get(key).map(|document| document.version);
        if is == new.as_ref().map(|document| document.version) {
            return Ok(true);
        }
        if is != expected {
            return Ok(false);
        }
        match new {
            Some(document) => {
                if is.is_none() {
                    self.take_room(&mut shard, safety)?;
                }
                shard.documents.insert(*key, document);
            }
            None => {
                shard.documents.remove(key);
                self.count.fetch_sub(1, Ordering::Relaxed);
            }
        }
        Ok(true)
    }

    /// Reserves room for one more document.
    fn take_room(&self, shard: &mut RwLockWriteGuard<'_, Shard>, safety: Safety) -> Result<(), StoreError> {
        let limit = match safety {
            Safety::Usual => self.capacity.saturating_sub(self.capacity / 4),
            Safety::Confirmed => self.capacity,
        };
        let take = |count: usize| (count < limit).then(|| count.saturating_add(1));
        let is_full = || self.count.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_err();
        // Once a second at most: nothing new is past within a second.
        let age = shard.swept_at.elapsed();
        if age >= SWEEP_EVERY {
            self.sweep(shard);
        }
        if is_full() {
            if age >= Duration::from_secs(1) {
                self.sweep(shard);
            }
            if age < Duration::from_secs(1) || is_full() {
                return Err(StoreError::new("the memory store is full"));
            }
        }
        Ok(())
    }

    /// Removes the documents of one shard that are past.
    fn sweep(&self, shard: &mut RwLockWriteGuard<'_, Shard>) {
        shard.swept_at = Instant::now();
        let Ok(now) = timestamp(&*self.clock) else { return };
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
        // The instance's clock is the only one.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::document::Body;

    fn key(n: u32) -> Key {
        let mut bytes = [0; 17];
        bytes[13..].copy_from_slice(&n.to_be_bytes());
        Key::from_bytes(&bytes).unwrap()
    }

    fn document(keep_until: u64) -> Document {
        let (summary, body) = (Summary::from_bytes([1]), Body::from_bytes([2]));
        Document { version: Version::random().unwrap(), keep_until, summary, body }
    }

    // REV-06, STO-04
    #[test]
    fn where_it_is_full_new_accounts_are_refused_and_signing_out_finds_room() {
        let store = MemoryStore::with_capacity(8);
        let mut kept = Vec::new();
        let add = |n, safety| store.replace_now(&key(n), None, Some(document(u64::MAX)), safety);
        for n in 0..6 {
            let one = document(u64::MAX);
            kept.push(one.version);
            assert_eq!(store.replace_now(&key(n), None, Some(one), Safety::Usual), Ok(true));
        }
        assert!(add(6, Safety::Usual).is_err());
        assert_eq!(store.replace_now(&key(0), Some(kept[0]), Some(document(1)), Safety::Usual), Ok(true), "known");
        assert_eq!((add(6, Safety::Confirmed), add(7, Safety::Confirmed)), (Ok(true), Ok(true)));
        assert!(add(8, Safety::Confirmed).is_err());
        assert_eq!(store.replace_now(&key(1), Some(kept[1]), None, Safety::Usual), Ok(true));
        assert_eq!(add(8, Safety::Confirmed), Ok(true));
        assert_eq!(store.count.load(Ordering::Relaxed), 8);
    }

    // REV-06
    #[test]
    fn what_is_past_makes_room() {
        let store = MemoryStore::with_capacity(4).clock(|| 1_000_000);
        for (n, keep_until) in [(0, 1_000_000 - MARGIN), (1, 1_000_001 - MARGIN), (2, 1_000_000)] {
            assert_eq!(store.replace_now(&key(n), None, Some(document(keep_until)), Safety::Usual), Ok(true));
        }
        for shard in &store.shards {
            store.sweep(&mut shard.write().unwrap());
        }
        let is_there = |n| store.summary_at_once(&key(n)).unwrap().is_some();
        assert_eq!((is_there(0), is_there(1), is_there(2)), (false, true, true));
        assert_eq!(store.replace_now(&key(3), None, Some(document(1)), Safety::Usual), Ok(true));
        assert!(store.replace_now(&key(4), None, Some(document(1)), Safety::Usual).is_err());
    }
}

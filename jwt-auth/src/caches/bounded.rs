//! The type of all caches here. They are bounded, and their hashes are keyed with a random key of the process.

use std::hash::Hash;

use foldhash::fast::RandomState;
use quick_cache::UnitWeighter;
use quick_cache::sync::{Cache, DefaultLifecycle};

/// The number of entries that a new cache allocates room for. It grows up to its bound.
const ROOM: usize = 256;

/// A bounded cache that evicts entries that have not been used lately. Never keep anything in it that must not be lost.
pub(crate) type BoundedCache<K, V> = Cache<K, V, UnitWeighter, RandomState>;

pub(crate) fn bounded_cache<K: Eq + Hash, V: Clone>(entries: usize) -> BoundedCache<K, V> {
    let weight = u64::try_from(entries).unwrap_or(u64::MAX);
    let (weighter, hasher, lifecycle) = (UnitWeighter, RandomState::default(), DefaultLifecycle::default());
    Cache::with(entries.min(ROOM), weight, weighter, hasher, lifecycle)
}

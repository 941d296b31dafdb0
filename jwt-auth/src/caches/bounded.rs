//! The caches of the crate: bounded, and with hashes that depend on a secret of the process.

use std::hash::Hash;

use foldhash::fast::RandomState;
use quick_cache::UnitWeighter;
use quick_cache::sync::{Cache, DefaultLifecycle};

/// How much room is made before it is needed.
const ROOM: usize = 256;

/// What has not been asked for lately makes room. So it never holds what must not be forgotten.
pub(crate) type BoundedCache<K, V> = Cache<K, V, UnitWeighter, RandomState>;

pub(crate) fn bounded_cache<K: Eq + Hash, V: Clone>(entries: usize) -> BoundedCache<K, V> {
    let weight = u64::try_from(entries).unwrap_or(u64::MAX);
    let (weighter, hasher, lifecycle) = (UnitWeighter, RandomState::default(), DefaultLifecycle::default());
    Cache::with(entries.min(ROOM), weight, weighter, hasher, lifecycle)
}

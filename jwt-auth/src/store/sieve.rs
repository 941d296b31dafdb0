//! Which names may be known, told without a lock, where nearly every name that is asked for is not.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering, fence};
use std::sync::{Arc, OnceLock};

/// A Bloom filter whose three bits of a name are in one word, by a hash that nobody outside can choose. It has a byte for each
/// name, so a name is told to be unknown in the same time among a million as alone. Any thread asks, while one [`Filling`]
/// writes: a lock would be one that every request of every thread takes.
#[derive(Debug)]
pub(super) struct Sieve {
    hasher: RandomState,
    /// Odd while the words are written anew. Who sees it change has been told nothing (a sequence lock).
    generation: AtomicUsize,
    /// Which of the tables is asked.
    level: AtomicUsize,
    /// Each twice as long as the one before. Made when it is needed, and then kept.
    tables: [OnceLock<Box<[AtomicU64]>>; LEVELS],
}

/// With so many, one name in thirty that is not there looks as if it were.
const NAMES_A_WORD: usize = 8;
const MIN_WORDS: usize = 8;
/// The last table has room for 128 million names. With more than that the sieve holds back less.
const LEVELS: usize = 22;

impl Sieve {
    /// Never false for a name that was put in.
    pub(super) fn may_have(&self, name: &str) -> bool {
        let generation = self.generation.load(Ordering::Acquire);
        let has = self.table(self.level.load(Ordering::Relaxed)).is_some_and(|table| {
            let hash = self.hasher.hash_one(name);
            word(table, hash).is_some_and(|word| word.load(Ordering::Relaxed) & bits(hash) == bits(hash))
        });
        fence(Ordering::Acquire);
        has || generation % 2 == 1 || self.generation.load(Ordering::Relaxed) != generation
    }

    fn table(&self, level: usize) -> Option<&[AtomicU64]> {
        Some(self.tables.get(level)?.get()?)
    }
}

/// The one writer of a [`Sieve`].
#[derive(Debug)]
pub(super) struct Filling {
    sieve: Arc<Sieve>,
    /// How many names were put in.
    filled: usize,
    /// Nothing is taken out of a Bloom filter, so with this many names it is made anew of those that are still known.
    full_at: usize,
}

impl Filling {
    pub(super) fn new() -> Self {
        let [generation, level] = [(); 2].map(|()| AtomicUsize::new(0));
        let tables = [const { OnceLock::new() }; LEVELS];
        let sieve = Arc::new(Sieve { hasher: RandomState::new(), generation, level, tables });
        Self { sieve, filled: 0, full_at: 0 }
    }

    pub(super) fn sieve(&self) -> Arc<Sieve> {
        Arc::clone(&self.sieve)
    }

    pub(super) fn is_full(&self) -> bool {
        self.filled >= self.full_at
    }

    /// With these names alone, and room for as many again and one more.
    pub(super) fn refill<'n>(&mut self, names: impl Iterator<Item = &'n str>, count: usize) {
        let room = count.saturating_mul(2).saturating_add(1);
        let level =
            (0..LEVELS - 1).find(|level| words(*level).saturating_mul(NAMES_A_WORD) >= room).unwrap_or(LEVELS - 1);
        let sieve = Arc::clone(&self.sieve);
        let generation = sieve.generation.load(Ordering::Relaxed);
        sieve.generation.store(generation.wrapping_add(1), Ordering::Relaxed);
        fence(Ordering::Release);
        if let Some(table) = sieve.tables.get(level) {
            let empty = || (0..words(level)).map(|_| AtomicU64::new(0)).collect();
            table.get_or_init(empty).iter().for_each(|word| word.store(0, Ordering::Relaxed));
        }
        sieve.level.store(level, Ordering::Relaxed);
        self.filled = 0;
        self.full_at = words(level).saturating_mul(NAMES_A_WORD).max(room);
        names.for_each(|name| self.put(name));
        sieve.generation.store(generation.wrapping_add(2), Ordering::Release);
    }

    /// To be called where it is not full.
    pub(super) fn put(&mut self, name: &str) {
        let hash = self.sieve.hasher.hash_one(name);
        let table = self.sieve.table(self.sieve.level.load(Ordering::Relaxed));
        if let Some(word) = table.and_then(|table| word(table, hash)) {
            let before = word.fetch_or(bits(hash), Ordering::Release);
            self.filled = self.filled.saturating_add(usize::from(before & bits(hash) != bits(hash)));
        }
    }
}

fn words(level: usize) -> usize {
    MIN_WORDS << level
}

/// Tables have a power of two words.
#[allow(clippy::cast_possible_truncation, reason = "as many bits as there are words are looked at")]
fn word(table: &[AtomicU64], hash: u64) -> Option<&AtomicU64> {
    table.get((hash >> 18) as usize & table.len().wrapping_sub(1))
}

/// Three of the 64, by the bits of the hash that the word is not chosen by.
fn bits(hash: u64) -> u64 {
    1 << (hash & 63) | 1 << (hash >> 6 & 63) | 1 << (hash >> 12 & 63)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::atomic::AtomicBool;
    use std::thread;

    use super::*;

    /// As a store has it: the names that are known, and their sieve.
    struct Known {
        names: HashSet<String>,
        filling: Filling,
    }

    impl Known {
        fn new() -> Self {
            Self { names: HashSet::new(), filling: Filling::new() }
        }

        fn add(&mut self, name: String) {
            if self.filling.is_full() {
                self.filling.refill(self.names.iter().map(String::as_str), self.names.len());
            }
            self.filling.put(&name);
            self.names.insert(name);
        }
    }

    // REV-06
    #[test]
    fn every_name_is_had_however_many_came_and_went() {
        let mut known = Known::new();
        let sieve = known.filling.sieve();
        assert!(!sieve.may_have("0"));
        for round in 0..6 {
            for n in 0..5_000 {
                known.add((round * 5_000 + n).to_string());
                assert!(sieve.may_have(&(round * 5_000 + n).to_string()));
            }
            assert!(known.names.iter().all(|name| sieve.may_have(name)));
            known.names.retain(|name| name.ends_with('7'));
        }
        // What is gone is gone at the next filling, and what is there again takes no more room.
        known.filling.refill(known.names.iter().map(String::as_str), known.names.len());
        let vain = (0..30_000).map(|n| n.to_string()).filter(|n| !n.ends_with('7') && sieve.may_have(n)).count();
        assert!(vain < 1_500, "{vain}");
        let filled = known.filling.filled;
        known.names.iter().for_each(|name| known.filling.put(name));
        assert_eq!(known.filling.filled, filled);
    }

    #[test]
    fn it_grows_with_what_is_there_and_seldom_lets_pass_in_vain() {
        for names in [1, 100, 10_000, 100_000_usize] {
            let mut known = Known::new();
            (0..names).for_each(|n| known.add(n.to_string()));
            let sieve = known.filling.sieve();
            let words = words(sieve.level.load(Ordering::Relaxed));
            assert!(words <= names.max(MIN_WORDS), "{names}: {words}");
            let vain = (0..10_000).filter(|n| sieve.may_have(&format!("other {n}"))).count();
            assert!(vain < 1_000, "{names}: {vain}");
        }
    }

    // REV-06
    #[test]
    fn a_thread_that_asks_while_it_is_filled_anew_misses_nothing() {
        let mut known = Known::new();
        let sieve = known.filling.sieve();
        let (added, is_done) = (AtomicUsize::new(0), AtomicBool::new(false));
        let asked = thread::scope(|scope| {
            let ask = || {
                let mut asked = 0_usize;
                while !is_done.load(Ordering::Relaxed) {
                    let Some(n) = added.load(Ordering::Acquire).checked_sub(1) else { continue };
                    for back in [0, n / 2, n] {
                        assert!(sieve.may_have(&(n - back).to_string()), "{back} before {n}");
                    }
                    asked += 1;
                }
                asked
            };
            let threads = [scope.spawn(ask), scope.spawn(ask)];
            for n in 0..20_000 {
                known.add(n.to_string());
                added.store(n + 1, Ordering::Release);
                if n % 1_000 == 0 {
                    known.filling.refill(known.names.iter().map(String::as_str), known.names.len());
                }
            }
            is_done.store(true, Ordering::Relaxed);
            threads.map(|thread| thread.join().expect("nothing was missed")).iter().sum::<usize>()
        });
        assert!(asked > 0);
    }
}

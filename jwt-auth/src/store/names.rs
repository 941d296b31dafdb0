//! What names stand for, where nearly every name that is asked for is not there.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

/// A map behind a sieve. That a name is not there is told by one word of a table that has a byte for each name, so it takes
/// the same time with a million names as with one; a large map would be asked in memory that no cache holds.
#[derive(Debug)]
pub(super) struct Names<V> {
    map: HashMap<Box<str>, V>,
    sieve: Sieve,
}

impl<V: Default> Names<V> {
    pub(super) fn get(&self, name: &str) -> Option<&V> {
        if self.map.is_empty() || !self.sieve.may_have(self.map.hasher().hash_one(name)) {
            return None;
        }
        self.map.get(name)
    }

    pub(super) fn or_default(&mut self, name: &str) -> &mut V {
        if !self.map.contains_key(name) {
            self.note(name);
        }
        self.map.entry(name.into()).or_default()
    }

    fn note(&mut self, name: &str) {
        let hasher = self.map.hasher();
        if self.sieve.is_full() {
            self.sieve = Sieve::of(self.map.keys().map(|known| hasher.hash_one(&**known)), self.map.len());
        }
        self.sieve.put(hasher.hash_one(name));
    }

    pub(super) fn len(&self) -> usize {
        self.map.len()
    }

    /// The sieve keeps what is gone until it is full: that only makes it ask the map in vain.
    pub(super) fn retain(&mut self, mut keeps: impl FnMut(&V) -> bool) {
        self.map.retain(|_, value| keeps(value));
    }
}

impl<V> Default for Names<V> {
    fn default() -> Self {
        Self { map: HashMap::with_hasher(RandomState::new()), sieve: Sieve::default() }
    }
}

/// A Bloom filter whose three bits of a name are in one word. By hash, which nobody outside can choose.
#[derive(Debug, Default)]
struct Sieve {
    /// None, or a power of two of them.
    words: Vec<u64>,
    /// How many names were put in.
    filled: usize,
}

/// With so many, one name in thirty that is not there looks as if it were.
const NAMES_A_WORD: usize = 8;

impl Sieve {
    /// With these names, and room for as many again.
    fn of(hashes: impl Iterator<Item = u64>, names: usize) -> Self {
        let words = (names.saturating_mul(2) / NAMES_A_WORD).next_power_of_two();
        let mut sieve = Self { words: vec![0; words], filled: 0 };
        hashes.for_each(|hash| sieve.put(hash));
        sieve
    }

    fn is_full(&self) -> bool {
        self.filled >= self.words.len().saturating_mul(NAMES_A_WORD)
    }

    fn put(&mut self, hash: u64) {
        let at = self.place(hash);
        if let Some(word) = self.words.get_mut(at) {
            *word |= bits(hash);
            self.filled = self.filled.saturating_add(1);
        }
    }

    /// Never false for a name that was put in.
    fn may_have(&self, hash: u64) -> bool {
        self.words.get(self.place(hash)).is_some_and(|word| word & bits(hash) == bits(hash))
    }

    #[allow(clippy::cast_possible_truncation, reason = "as many bits as there are words are looked at")]
    fn place(&self, hash: u64) -> usize {
        (hash >> 18) as usize & self.words.len().wrapping_sub(1)
    }
}

/// Three of the 64, by the bits of the hash that the place is not made of.
fn bits(hash: u64) -> u64 {
    1 << (hash & 63) | 1 << (hash >> 6 & 63) | 1 << (hash >> 12 & 63)
}

#[cfg(test)]
mod tests {
    use super::*;

    // REV-06
    #[test]
    fn every_name_is_found_however_many_came_and_went() {
        let mut names = Names::<usize>::default();
        assert_eq!(names.get("0"), None);
        for round in 0..4 {
            for n in 0..5_000 {
                *names.or_default(&(round * 5_000 + n).to_string()) = n;
            }
            for n in 0..5_000 {
                assert_eq!(names.get(&(round * 5_000 + n).to_string()), Some(&n));
            }
            names.retain(|n| n % 10 == 0);
            assert_eq!(names.len(), (round + 1) * 500);
        }
        for n in 0..20_000 {
            let expected = (n % 10 == 0).then_some(n % 5_000);
            assert_eq!(names.get(&n.to_string()).copied(), expected, "{n}");
        }
        assert_eq!(names.get("-1"), None);
    }

    #[test]
    fn the_sieve_grows_with_what_is_there_and_seldom_asks_in_vain() {
        let hasher = RandomState::new();
        let hash = |n: usize| hasher.hash_one(n);
        for names in [1, 100, 10_000] {
            let sieve = Sieve::of((0..names).map(hash), names);
            assert!((0..names).all(|n| sieve.may_have(hash(n))));
            assert!(!sieve.is_full() && sieve.words.len() <= names, "{names}: {}", sieve.words.len());
            let vain = (0..10_000).filter(|n| sieve.may_have(hash(1_000_000 + n))).count();
            assert!(vain < 1_500, "{names}: {vain}");
        }
    }
}

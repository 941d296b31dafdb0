//! Tokens that verified, by their exact bytes, so that a signature is checked once and not once a request.

use std::any::Any;
use std::fmt;
use std::hash::{BuildHasher, Hash, Hasher, RandomState};
use std::sync::{Arc, OnceLock};

use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{Equivalent, UnitWeighter};

use super::Token;
use super::trust::Trust;

/// How much room is made before it is needed.
const ROOM: usize = 256;

/// Bounded: what has not been asked for lately makes room. What expires, is revoked or was signed by a key that is gone
/// is not told by this; who asks checks it.
pub(crate) struct TokenCache {
    entries: Cache<Exact, Entry, UnitWeighter, Spread>,
}

/// A token, and what vouched for it.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) token: Token,
    pub(super) vouched: Vouched,
    user: Option<Arc<OnceLock<AnyUser>>>,
}

/// Of the backend's type, which who asks knows.
type AnyUser = Arc<dyn Any + Send + Sync>;

impl Entry {
    /// Of a token that is not remembered.
    pub(super) fn new(token: Token, vouched: Vouched) -> Self {
        Self { token, vouched, user: None }
    }

    /// The user that this token alone describes, where it was made before.
    pub(crate) fn user<U: Send + Sync + 'static>(&self) -> Option<Arc<U>> {
        Arc::clone(self.user.as_ref()?.get()?).downcast().ok()
    }

    /// Keeps the user for as long as the token is remembered. Beside the token and not in it: a user may hold its token.
    pub(crate) fn keep_user<U: Send + Sync + 'static>(&self, user: &Arc<U>) {
        if let Some(kept) = &self.user {
            // Of two requests at once one keeps its own, which is the same.
            let _ = kept.set(Arc::clone(user) as AnyUser);
        }
    }
}

/// Which keys of which issuer a token was verified with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Vouched {
    /// Its place among the trusted ones.
    pub(super) issuer: usize,
    /// The ring's number, which no other ring has.
    pub(super) ring: u64,
}

impl TokenCache {
    pub(crate) fn new(entries: usize) -> Self {
        let weight = u64::try_from(entries).unwrap_or(u64::MAX);
        let (weighter, hasher) = (UnitWeighter, Spread::new());
        Self { entries: Cache::with(entries.min(ROOM), weight, weighter, hasher, DefaultLifecycle::default()) }
    }

    /// A token of these very bytes that verified with keys that are still in force.
    pub(crate) fn get(&self, text: &[u8], trust: &Trust) -> Option<Entry> {
        let entry = self.entries.get(&Asked(text))?;
        (trust.ring_of(entry.vouched.issuer) == Some(entry.vouched.ring)).then_some(entry)
    }

    /// Only for what [`Policy::verify`](super::Policy::verify) has returned.
    pub(crate) fn insert(&self, text: &[u8], entry: Entry) -> Entry {
        let entry = Entry { user: Some(Arc::default()), ..entry };
        self.entries.insert(Exact(text.into()), entry.clone());
        entry
    }

    pub(crate) fn remove(&self, text: &[u8]) {
        self.entries.remove(&Asked(text));
    }

    pub(crate) fn clear(&self) {
        self.entries.clear();
    }
}

impl fmt::Debug for TokenCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenCache").field("entries", &self.entries.len()).finish_non_exhaustive()
    }
}

/// The bytes of a kept token.
#[derive(PartialEq, Eq)]
struct Exact(Box<[u8]>);

/// The bytes of a presented one.
struct Asked<'t>(&'t [u8]);

impl Equivalent<Exact> for Asked<'_> {
    fn equivalent(&self, kept: &Exact) -> bool {
        *self.0 == *kept.0
    }
}

impl Hash for Exact {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(end(&self.0));
    }
}

impl Hash for Asked<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(end(self.0));
    }
}

/// The end of a signature, which is as good as random in what is kept; what is presented is then compared as a whole.
fn end(text: &[u8]) -> u64 {
    text.last_chunk().map_or(0, |end| u64::from_le_bytes(*end))
}

/// Spreads what is random already, so that each bit of a hash depends on all of it, and by a secret, so that nobody knows
/// what is kept side by side.
#[derive(Clone)]
struct Spread {
    secret: [u64; 2],
}

impl Spread {
    fn new() -> Self {
        let random = RandomState::new();
        Self { secret: [random.hash_one(0), random.hash_one(1) | 1] }
    }
}

impl BuildHasher for Spread {
    type Hasher = Spreading;

    fn build_hasher(&self) -> Spreading {
        Spreading { secret: self.secret, hash: 0 }
    }
}

struct Spreading {
    secret: [u64; 2],
    hash: u64,
}

impl Hasher for Spreading {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    #[allow(clippy::cast_possible_truncation, reason = "both halves are taken")]
    fn write_u64(&mut self, value: u64) {
        let [add, factor] = self.secret;
        let product = u128::from(self.hash ^ value ^ add).wrapping_mul(u128::from(factor));
        self.hash = (product >> 64) as u64 ^ product as u64;
    }

    fn finish(&self) -> u64 {
        self.hash
    }
}

#[cfg(all(test, any(feature = "aws_lc_rs", feature = "rust_crypto")))]
mod tests {
    use super::*;
    use crate::token::ring::{KeyStore, Ring};
    use crate::token::trust::{KeySource, Trusted};
    use crate::token::{Algorithm, Claims, SigningKey, VerifyingKey};

    const SECRET: &str = "q3v0J7mX2kD9fS1aLw8ZpT4cYb6NuRhGeVxKoMiQs5E";

    fn trust() -> Trust {
        let key = SigningKey::from_secret(Algorithm::HS256, SECRET).unwrap();
        let keys = KeySource::Store(KeyStore::new(Ring::new(Some(key), &[]).unwrap()));
        Trust { issuers: vec![Trusted { issuer: "me".into(), keys }] }
    }

    fn entry(trust: &Trust) -> Entry {
        let token = Token::of(&Claims { jti: "j".into(), ..Claims::default() });
        Entry::new(token, Vouched { issuer: 0, ring: trust.ring_of(0).unwrap() })
    }

    #[test]
    fn only_the_very_bytes_are_found() {
        let (cache, trust) = (TokenCache::new(8), trust());
        let text = format!("header.payload.{}", "s".repeat(43));
        cache.insert(text.as_bytes(), entry(&trust));
        assert_eq!(cache.get(text.as_bytes(), &trust).unwrap().token.jwt_id(), "j");
        for other in [&text[1..], &format!("x{text}"), &text.replace("payload", "paylaod"), &text[..text.len() - 1], ""]
        {
            assert!(cache.get(other.as_bytes(), &trust).is_none(), "{other}");
        }
        cache.remove(text.as_bytes());
        assert!(cache.get(text.as_bytes(), &trust).is_none());
    }

    #[test]
    fn a_user_is_kept_with_its_token_and_no_longer() {
        let (cache, trust) = (TokenCache::new(8), trust());
        let fresh = entry(&trust);
        fresh.keep_user(&Arc::new(7_u64));
        assert_eq!(fresh.user::<u64>(), None, "it is not remembered");
        let remembered = cache.insert(b"a.b.c", fresh);
        assert_eq!(remembered.user::<u64>(), None);
        let user = Arc::new(7_u64);
        remembered.keep_user(&user);
        let again = cache.get(b"a.b.c", &trust).unwrap();
        assert_eq!((again.user::<u64>(), again.user::<u32>()), (Some(Arc::clone(&user)), None));
        drop((again, remembered));
        cache.remove(b"a.b.c");
        assert_eq!(Arc::strong_count(&user), 1);
    }

    #[test]
    fn nothing_outlives_a_change_of_keys() {
        let (cache, trust) = (TokenCache::new(8), trust());
        cache.insert(b"a.b.c", entry(&trust));
        let KeySource::Store(store) = &trust.issuers[0].keys else { panic!("a store") };
        let other = "Zk8sW2pL6vQ1xR9tN4bY7mC3hJ5gF0dAeUiOwKqTzXs";
        store.add(VerifyingKey::from_secret(Algorithm::HS256, other).unwrap().with_kid("next")).unwrap();
        assert!(cache.get(b"a.b.c", &trust).is_none());
    }

    #[test]
    fn it_is_bounded() {
        let (cache, trust) = (TokenCache::new(16), trust());
        for number in 0..10_000 {
            cache.insert(format!("a.b.{number:043}").as_bytes(), entry(&trust));
        }
        assert!(cache.entries.len() <= 16, "{}", cache.entries.len());
    }

    #[test]
    fn the_ends_of_signatures_are_spread_over_all_bits_of_a_hash() {
        let (spread, random) = (Spread::new(), RandomState::new());
        let hash = |n: u64| spread.hash_one(Asked(&random.hash_one(n).to_le_bytes()));
        let places =
            |of: fn(u64) -> u64| (0..10_000).map(|n| of(hash(n))).collect::<std::collections::HashSet<_>>().len();
        assert!(places(|hash| hash % 1_024) > 1_000 && places(|hash| hash >> 54) > 1_000);
    }
}

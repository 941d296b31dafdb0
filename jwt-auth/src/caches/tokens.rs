//! A cache of verified tokens by their exact bytes, so that the signature of a token is checked once, not once per
//! request.

use std::fmt;
use std::hash::{Hash, Hasher};

use quick_cache::Equivalent;

use crate::caches::bounded::{BoundedCache, bounded_cache};
use crate::issuer::trust::Trust;
use crate::issuer::verified_token::VerifiedToken;

/// A bounded cache of verified tokens. [`get`](Self::get) checks that the keys are still in use. The caller must check
/// again that the token has not expired and is not revoked.
pub(crate) struct TokenCache {
    entries: BoundedCache<CachedBytes, VerifiedToken>,
}

impl TokenCache {
    pub(crate) fn new(entries: usize) -> Self {
        Self { entries: bounded_cache(entries) }
    }

    /// The token with these exact bytes, if it was verified with the current key set of its issuer.
    pub(crate) fn get(&self, text: &[u8], trust: &Trust) -> Option<VerifiedToken> {
        let entry = self.entries.get(&PresentedBytes(text))?;
        (trust.key_set_of(entry.verified_by.issuer) == Some(entry.verified_by.key_set)).then_some(entry)
    }

    /// Caches a token. Pass only tokens that [`Policy::verify`](crate::issuer::verify::Policy::verify) has returned.
    pub(crate) fn insert(&self, text: &[u8], entry: VerifiedToken) -> VerifiedToken {
        let entry = entry.with_memo();
        self.entries.insert(CachedBytes(text.into()), entry.clone());
        entry
    }

    pub(crate) fn remove(&self, text: &[u8]) {
        self.entries.remove(&PresentedBytes(text));
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

/// The bytes of a cached token.
#[derive(PartialEq, Eq)]
struct CachedBytes(Box<[u8]>);

/// The bytes of a presented token.
struct PresentedBytes<'t>(&'t [u8]);

impl Equivalent<CachedBytes> for PresentedBytes<'_> {
    fn equivalent(&self, cached: &CachedBytes) -> bool {
        *self.0 == *cached.0
    }
}

impl Hash for CachedBytes {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(end(&self.0));
    }
}

impl Hash for PresentedBytes<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(end(self.0));
    }
}

/// The hash of a token: the last bytes of its signature. They are as good as random for a verified token. A presented
/// token with the same hash is compared as a whole.
fn end(text: &[u8]) -> u64 {
    text.last_chunk().map_or(0, |end| u64::from_le_bytes(*end))
}

#[cfg(all(test, any(feature = "aws_lc_rs", feature = "rust_crypto")))]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::issuer::trust::Trusted;
    use crate::issuer::verified_token::VerifiedBy;
    use crate::jose::algorithm::Algorithm;
    use crate::jose::claims::Claims;
    use crate::jose::token::Token;
    use crate::keys::key_set::{KeySet, RotatingKeys};
    use crate::keys::signing_key::SigningKey;
    use crate::keys::source::KeySource;
    use crate::keys::verifying_key::VerifyingKey;

    const SECRET: &str = "q3v0J7mX2kD9fS1aLw8ZpT4cYb6NuRhGeVxKoMiQs5E";

    fn trust() -> Trust {
        let key = SigningKey::from_secret(Algorithm::HS256, SECRET).unwrap();
        let keys = KeySource::Given(RotatingKeys::new(KeySet::new(Some(key), &[]).unwrap()));
        Trust { issuers: vec![Trusted { issuer: "me".into(), keys }] }
    }

    fn entry(trust: &Trust) -> VerifiedToken {
        let token = Token::of(&Claims { jti: "j".into(), ..Claims::default() });
        VerifiedToken::new(token, VerifiedBy { issuer: 0, key_set: trust.key_set_of(0).unwrap() })
    }

    #[test]
    fn only_the_exact_bytes_are_found() {
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
    fn a_user_is_kept_as_long_as_its_token() {
        let (cache, trust) = (TokenCache::new(8), trust());
        let fresh = entry(&trust);
        fresh.keep_user(&Arc::new(7_u64));
        assert_eq!(fresh.user::<u64>(), None, "the token is not cached");
        let cached = cache.insert(b"a.b.c", fresh);
        assert_eq!(cached.user::<u64>(), None);
        let user = Arc::new(7_u64);
        cached.keep_user(&user);
        let again = cache.get(b"a.b.c", &trust).unwrap();
        assert_eq!((again.user::<u64>(), again.user::<u32>()), (Some(Arc::clone(&user)), None));
        drop((again, cached));
        cache.remove(b"a.b.c");
        assert_eq!(Arc::strong_count(&user), 1);
    }

    #[test]
    fn a_change_of_keys_invalidates_cached_tokens() {
        let (cache, trust) = (TokenCache::new(8), trust());
        cache.insert(b"a.b.c", entry(&trust));
        let KeySource::Given(keys) = &trust.issuers[0].keys else { panic!("the keys are given") };
        let other = "Zk8sW2pL6vQ1xR9tN4bY7mC3hJ5gF0dAeUiOwKqTzXs";
        keys.add(VerifyingKey::from_secret(Algorithm::HS256, other).unwrap().with_kid("next")).unwrap();
        assert!(cache.get(b"a.b.c", &trust).is_none());
    }

    #[test]
    fn the_cache_is_bounded() {
        let (cache, trust) = (TokenCache::new(16), trust());
        for number in 0..10_000 {
            cache.insert(format!("a.b.{number:043}").as_bytes(), entry(&trust));
        }
        assert!(cache.entries.len() <= 16, "{}", cache.entries.len());
    }
}

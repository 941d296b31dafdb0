//! A cache of verified tokens by their exact bytes, so that the signature of a token is checked once, not once per
//! request.

use std::fmt;
use std::hash::{Hash, Hasher};

use quick_cache::Equivalent;

use crate::caches::bounded::{BoundedCache, bounded_cache};
use crate::clock::ClockError;
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

    /// The token with these exact bytes, if its issuer is still trusted and its verification still counts.
    pub(crate) fn get(&self, text: &[u8], now: Result<u64, ClockError>) -> Option<VerifiedToken> {
        self.entries.get(&PresentedBytes(text)).filter(|entry| entry.verified_by.is_current(now))
    }

    /// Caches a token. Pass only tokens that [`Trust::verify`](crate::issuer::trust::Trust::verify) has returned.
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
    use crate::issuer::settings::Issuer;
    use crate::issuer::trust::{Other, Trust, Trusted};
    use crate::issuer::verified_token::{Until, VerifiedBy};
    use crate::jose::algorithm::Algorithm;
    use crate::jose::claims::Claims;
    use crate::jose::token::Token;
    use crate::keys::source::KeySource;
    use crate::keys::verifying_key::VerifyingKey;

    const NOW: Result<u64, ClockError> = Ok(7);
    const SECRET: &str = "q3v0J7mX2kD9fS1aLw8ZpT4cYb6NuRhGeVxKoMiQs5E";

    fn trust() -> (Trust, Arc<Trusted>) {
        let key = VerifyingKey::from_secret(Algorithm::HS256, SECRET).unwrap().with_kid("now");
        let other = Issuer::new("me").keys(key).any_audience().into_trusted(None).unwrap();
        let Other::One(trusted) = &other else { panic!("it is no template") };
        let trusted = Arc::clone(trusted);
        (Trust::new(None, vec![other]), trusted)
    }

    fn entry(trusted: &Arc<Trusted>) -> VerifiedToken {
        let token = Token::of(&Claims { jti: "j".into(), ..Claims::default() });
        let until = Until::KeySetChanges(trusted.key_set_number().unwrap());
        VerifiedToken::new(token, VerifiedBy { trusted: Arc::clone(trusted), until })
    }

    #[test]
    fn only_the_exact_bytes_are_found() {
        let (cache, (_, trusted)) = (TokenCache::new(8), trust());
        let text = format!("header.payload.{}", "s".repeat(43));
        cache.insert(text.as_bytes(), entry(&trusted));
        assert_eq!(cache.get(text.as_bytes(), NOW).unwrap().token.jwt_id(), Some("j"));
        for other in [&text[1..], &format!("x{text}"), &text.replace("payload", "paylaod"), &text[..text.len() - 1], ""]
        {
            assert!(cache.get(other.as_bytes(), NOW).is_none(), "{other}");
        }
        cache.remove(text.as_bytes());
        assert!(cache.get(text.as_bytes(), NOW).is_none());
    }

    #[test]
    fn a_user_is_kept_as_long_as_its_token() {
        let (cache, (_, trusted)) = (TokenCache::new(8), trust());
        let fresh = entry(&trusted);
        fresh.keep_user(&Arc::new(7_u64));
        assert_eq!(fresh.user::<u64>(), None, "the token is not cached");
        let cached = cache.insert(b"a.b.c", fresh);
        assert_eq!(cached.user::<u64>(), None);
        let user = Arc::new(7_u64);
        cached.keep_user(&user);
        let again = cache.get(b"a.b.c", NOW).unwrap();
        assert_eq!((again.user::<u64>(), again.user::<u32>()), (Some(Arc::clone(&user)), None));
        drop((again, cached));
        cache.remove(b"a.b.c");
        assert_eq!(Arc::strong_count(&user), 1);
    }

    #[test]
    fn a_change_of_keys_invalidates_cached_tokens() {
        let (cache, (_, trusted)) = (TokenCache::new(8), trust());
        cache.insert(b"a.b.c", entry(&trusted));
        let Some(KeySource::Given(keys)) = &trusted.keys else { panic!("the keys are given") };
        let other = "Zk8sW2pL6vQ1xR9tN4bY7mC3hJ5gF0dAeUiOwKqTzXs";
        keys.add(VerifyingKey::from_secret(Algorithm::HS256, other).unwrap().with_kid("next")).unwrap();
        assert!(cache.get(b"a.b.c", NOW).is_none());
    }

    // ISS-07
    #[test]
    fn a_removed_issuer_invalidates_cached_tokens() {
        let (cache, (trust, trusted)) = (TokenCache::new(8), trust());
        cache.insert(b"a.b.c", entry(&trusted));
        assert!(cache.get(b"a.b.c", NOW).is_some() && !trust.remove("you"));
        assert!(trust.remove("me") && cache.get(b"a.b.c", NOW).is_none() && !trust.remove("me"));
    }

    #[test]
    fn the_cache_is_bounded() {
        let (cache, (_, trusted)) = (TokenCache::new(16), trust());
        for number in 0..10_000 {
            cache.insert(format!("a.b.{number:043}").as_bytes(), entry(&trusted));
        }
        assert!(cache.entries.len() <= 16, "{}", cache.entries.len());
    }
}

//! The keys of an issuer at one moment, looked up by a token's header, and their rotation.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;

use crate::jose::error::TokenError;
use crate::jose::header::Header;
use crate::jose::key_error::KeyError;
use crate::keys::formats::jwk::public_members;
use crate::keys::signing_key::SigningKey;
use crate::keys::verifying_key::VerifyingKey;

/// Public keys or HMAC secrets. If there are both, each has a name, and so has the key of every token. A header can never
/// make a public key act as a secret, because a key has one algorithm.
#[derive(Debug)]
pub(crate) struct KeySet {
    /// Identifies this key set: no other key set of the process has the same number.
    number: u64,
    signing: Option<SigningKey>,
    /// By `kid`. Several keys of a `kid` differ in their algorithm.
    named: HashMap<String, Vec<VerifyingKey>>,
    /// The HMAC secret without a `kid`, if there is one.
    unnamed: Option<VerifyingKey>,
    names: Names,
    /// Whether there are HMAC secrets and public keys.
    is_mixed: bool,
    /// Parsed headers of tokens that verified, sorted by their encoded segment. Most tokens of an issuer have the same
    /// header, so parsing it once is enough.
    accepted: ArcSwap<Vec<Arc<ResolvedHeader>>>,
}

/// What no two keys of a set share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Names {
    /// The `kid` (RFC 7517 section 4.5).
    Unique,
    /// The `kid` together with the algorithm, for sets that others publish.
    UniqueByAlgorithm,
}

/// An encoded header segment, the header parsed from it, and the key that it names.
#[derive(Debug)]
pub(crate) struct ResolvedHeader {
    pub(crate) segment: Box<str>,
    pub(crate) header: Header,
    pub(crate) key: VerifyingKey,
}

/// The cache holds this many headers for each key, since an issuer may write different headers for one key. Other
/// headers are parsed each time.
const ACCEPTED_A_KEY: usize = 4;
const MIN_ACCEPTED: usize = 16;

impl KeySet {
    /// The signing key verifies too.
    pub(crate) fn new(signing: Option<SigningKey>, others: &[VerifyingKey]) -> Result<Self, KeyError> {
        Self::with_names(signing, others, Names::Unique)
    }

    pub(crate) fn with_names(
        signing: Option<SigningKey>,
        others: &[VerifyingKey],
        names: Names,
    ) -> Result<Self, KeyError> {
        if let Some(signing) = &signing {
            signing.self_test()?;
        }
        let own = signing.as_ref().map(SigningKey::verifying_key).cloned();
        static MADE: AtomicU64 = AtomicU64::new(0);
        let mut key_set = Self {
            number: MADE.fetch_add(1, Ordering::Relaxed),
            signing,
            named: HashMap::new(),
            unnamed: None,
            names,
            is_mixed: false,
            accepted: ArcSwap::default(),
        };
        for key in own.iter().chain(others) {
            key_set.insert(key)?;
        }
        let secrets = key_set.all().filter(|key| key.is_secret()).count();
        let all = key_set.all().count();
        key_set.is_mixed = secrets > 0 && secrets < all;
        match () {
            () if all == 0 => Err(KeyError::NoKey),
            () if key_set.is_mixed && key_set.unnamed.is_some() => Err(KeyError::MixedKinds),
            () => Ok(key_set),
        }
    }

    fn insert(&mut self, key: &VerifyingKey) -> Result<(), KeyError> {
        let is_taken = match key.kid() {
            Some(kid) => {
                let same = self.named.entry(kid.to_owned()).or_default();
                let is_taken = match self.names {
                    Names::Unique => !same.is_empty(),
                    Names::UniqueByAlgorithm => same.iter().any(|other| other.algorithm() == key.algorithm()),
                };
                same.push(key.clone());
                is_taken
            }
            None => self.unnamed.replace(key.clone()).is_some(),
        };
        if is_taken { Err(KeyError::DuplicateName(key.kid().map(str::to_owned))) } else { Ok(()) }
    }

    fn all(&self) -> impl Iterator<Item = &VerifyingKey> {
        self.named.values().flatten().chain(&self.unnamed)
    }

    /// Whether these are the keys of the set, all of them public.
    #[cfg_attr(not(feature = "remote_jwks"), allow(dead_code, reason = "only fetched sets are compared"))]
    pub(crate) fn has_just(&self, keys: &[VerifyingKey]) -> bool {
        let has = |key: &VerifyingKey| {
            let same = key.kid().and_then(|kid| self.named.get(kid));
            same.is_some_and(|same| same.iter().any(|other| other.is_same_as(key)))
        };
        self.all().count() == keys.len() && keys.iter().all(has)
    }

    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// Whether all keys are HMAC secrets. Verifying an HMAC is cheaper than looking the token up in a cache.
    pub(crate) fn is_secret(&self) -> bool {
        self.all().all(VerifyingKey::is_secret)
    }

    pub(crate) fn signing(&self) -> Option<&SigningKey> {
        self.signing.as_ref()
    }

    /// The key that a header names by `kid` and `alg`. An unknown `kid` is an error. A header without `kid` (for the keys of others
    /// also one with an empty `kid`, which some issuers write) means the key without a name, or else the only key of the header's algorithm; if the set has HMAC secrets and
    /// public keys, it is an error.
    pub(crate) fn find(&self, header: &Header) -> Result<&VerifyingKey, TokenError> {
        let fits = |key: &&VerifyingKey| key.algorithm() == header.algorithm;
        let is_named = |kid: &&str| self.names == Names::Unique || !kid.is_empty();
        match (header.kid.as_deref().filter(is_named), &self.unnamed) {
            (Some(kid), _) => {
                let same = self.named.get(kid).ok_or_else(|| TokenError::unknown_key(Some(kid)))?;
                same.iter().find(fits).ok_or(TokenError::Algorithm)
            }
            (None, _) if self.is_mixed => Err(TokenError::unknown_key(None)),
            (None, Some(unnamed)) => Some(unnamed).filter(fits).ok_or(TokenError::Algorithm),
            (None, None) => self.only_one(header),
        }
    }

    fn only_one(&self, header: &Header) -> Result<&VerifyingKey, TokenError> {
        let mut candidates = self.all().filter(|key| key.algorithm() == header.algorithm);
        match (candidates.next(), candidates.next()) {
            (Some(only), None) => Ok(only),
            (None, _) => Err(TokenError::Algorithm),
            (Some(_), Some(_)) => Err(TokenError::unknown_key(None)),
        }
    }

    /// The cached header for this exact segment, if a token with it verified before.
    pub(crate) fn accepted(&self, segment: &str) -> Option<Arc<ResolvedHeader>> {
        let accepted = self.accepted.load();
        let at = position(&accepted, segment).ok()?;
        accepted.get(at).cloned()
    }

    /// Caches the header of a token. Call it only for tokens that verified, so that others cannot fill the cache.
    pub(crate) fn accept(&self, new: Arc<ResolvedHeader>) {
        let accepted = self.accepted.load();
        let Err(at) = position(&accepted, &new.segment) else { return };
        if accepted.len() < MIN_ACCEPTED.max(self.all().count().saturating_mul(ACCEPTED_A_KEY)) {
            let mut longer = accepted.to_vec();
            longer.insert(at, new);
            // If two requests do this at once, one header is lost. It is cached the next time.
            self.accepted.store(Arc::new(longer));
        }
    }

    /// The public keys as a JWK Set (RFC 7517 section 5), without HMAC secrets.
    pub(crate) fn to_jwks(&self) -> String {
        let mut keys: Vec<BTreeMap<&str, String>> =
            self.all().filter_map(|key| Some(public_members(key.public()?, key.algorithm(), key.kid()?))).collect();
        keys.sort_by(|a, b| a.get("kid").cmp(&b.get("kid")));
        serde_json::json!({ "keys": keys }).to_string()
    }

    /// The names of all keys, sorted. `None` is an HMAC secret without a name.
    pub(crate) fn kids(&self) -> Vec<Option<String>> {
        let mut kids: Vec<_> = self.all().map(|key| key.kid().map(str::to_owned)).collect();
        kids.sort();
        kids.dedup();
        kids
    }
}

/// The index of the header, or where to insert it.
fn position(sorted: &[Arc<ResolvedHeader>], segment: &str) -> Result<usize, usize> {
    sorted.binary_search_by(|known| (*known.segment).cmp(segment))
}

/// The key set of a backend. A change replaces the whole set, so a request sees the keys either before or after it.
#[derive(Debug)]
pub(crate) struct RotatingKeys {
    key_set: ArcSwap<KeySet>,
    /// Serializes changes. Never held across an await.
    change: Mutex<()>,
}

impl RotatingKeys {
    pub(crate) fn new(key_set: KeySet) -> Self {
        Self { key_set: ArcSwap::from_pointee(key_set), change: Mutex::new(()) }
    }

    pub(crate) fn key_set(&self) -> Arc<KeySet> {
        self.key_set.load_full()
    }

    /// Adds a key that verifies but does not sign yet.
    pub(crate) fn add(&self, key: VerifyingKey) -> Result<(), KeyError> {
        self.replace(|key_set| {
            let mut others: Vec<VerifyingKey> = key_set.all().cloned().collect();
            others.push(key);
            KeySet::with_names(None, &others, key_set.names)
                .map(|new| KeySet { signing: key_set.signing.clone(), ..new })
        })
    }

    /// Makes another key the signing key. The previous one still verifies.
    pub(crate) fn switch(&self, signing: SigningKey) -> Result<(), KeyError> {
        self.replace(|key_set| {
            let others: Vec<_> =
                key_set.all().filter(|key| key.kid() != signing.verifying_key().kid()).cloned().collect();
            KeySet::with_names(Some(signing), &others, key_set.names)
        })
    }

    /// Removes a key. Tokens that it signed are refused from now on.
    pub(crate) fn retire(&self, kid: Option<&str>) -> Result<(), KeyError> {
        self.replace(|key_set| {
            if key_set.signing.as_ref().is_some_and(|signing| signing.verifying_key().kid() == kid) {
                return Err(KeyError::Signing);
            }
            let others: Vec<_> = key_set.all().filter(|key| key.kid() != kid).cloned().collect();
            if others.len() == key_set.all().count() {
                return Err(KeyError::Unknown(kid.map(str::to_owned)));
            }
            KeySet::with_names(None, &others, key_set.names)
                .map(|new| KeySet { signing: key_set.signing.clone(), ..new })
        })
    }

    fn replace(&self, change: impl FnOnce(&KeySet) -> Result<KeySet, KeyError>) -> Result<(), KeyError> {
        // A poisoned lock can be used: `key_set` is replaced as a whole, so it is never half changed.
        let _changing = self.change.lock().unwrap_or_else(PoisonError::into_inner);
        let new = change(&self.key_set.load())?;
        self.key_set.store(Arc::new(new));
        Ok(())
    }
}

#[cfg(all(test, any(feature = "aws_lc_rs", feature = "rust_crypto")))]
mod tests {
    use super::*;
    use crate::jose::algorithm::Algorithm;

    #[test]
    fn accepted_headers_are_cached_up_to_a_limit() {
        for (keys, most) in [(1, 16), (4, 16), (100, 400)] {
            let secret = "q3v0J7mX2kD9fS1aLw8ZpT4cYb6NuRhGeVxKoMiQs5E";
            let key = VerifyingKey::from_secret(Algorithm::HS256, secret).unwrap();
            let named: Vec<VerifyingKey> = (0..keys).map(|n| key.clone().with_kid(n.to_string())).collect();
            let key_set = KeySet::new(None, &named).unwrap();
            let resolved = |n: usize| {
                let header = Header::parse(br#"{"alg":"HS256"}"#).unwrap();
                let segment = (n * 7 % 500).to_string().into();
                Arc::new(ResolvedHeader { segment, header, key: named[n % keys].clone() })
            };
            (0..500).chain(0..500).for_each(|n| key_set.accept(resolved(n)));
            for n in 0..500 {
                let found = key_set.accepted(&resolved(n).segment);
                let expected = (n < most).then(|| (n % keys).to_string());
                assert_eq!(found.and_then(|found| found.key.kid().map(str::to_owned)), expected);
            }
            assert!(key_set.accepted("").is_none());
        }
    }
}

//! The keys that are in force at one moment, found by a token's header, and their change.

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

/// Keys of one kind, no two of one name (RFC 7517 section 4.5).
#[derive(Debug)]
pub(crate) struct KeySet {
    /// No other key_set has it.
    number: u64,
    signing: Option<SigningKey>,
    /// By `kid`.
    named: HashMap<String, VerifyingKey>,
    /// A secret without a name.
    unnamed: Option<VerifyingKey>,
    /// Headers of tokens that verified, which are the same from token to token, sorted. They go with the key_set.
    accepted: ArcSwap<Vec<Arc<ResolvedHeader>>>,
}

/// What a header segment is read as, and the key that it means.
#[derive(Debug)]
pub(crate) struct ResolvedHeader {
    pub(crate) segment: Box<str>,
    pub(crate) header: Header,
    pub(crate) key: VerifyingKey,
}

/// More headers than this are read each time: some issuers of each key write them differently.
const ACCEPTED_A_KEY: usize = 4;
const MIN_ACCEPTED: usize = 16;

impl KeySet {
    /// `signing` verifies too.
    pub(crate) fn new(signing: Option<SigningKey>, others: &[VerifyingKey]) -> Result<Self, KeyError> {
        if let Some(signing) = &signing {
            signing.self_test()?;
        }
        let own = signing.as_ref().map(SigningKey::verifying_key).cloned();
        static MADE: AtomicU64 = AtomicU64::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let mut key_set = Self { number, signing, named: HashMap::new(), unnamed: None, accepted: ArcSwap::default() };
        for key in own.iter().chain(others) {
            key_set.insert(key)?;
        }
        if key_set.named.is_empty() && key_set.unnamed.is_none() { Err(KeyError::NoKey) } else { Ok(key_set) }
    }

    fn insert(&mut self, key: &VerifyingKey) -> Result<(), KeyError> {
        if self.all().next().is_some_and(|first| first.is_secret() != key.is_secret()) {
            return Err(KeyError::MixedKinds);
        }
        let before = match key.kid() {
            Some(kid) => self.named.insert(kid.to_owned(), key.clone()),
            None => self.unnamed.replace(key.clone()),
        };
        match before {
            Some(_) => Err(KeyError::DuplicateName(key.kid().map(str::to_owned))),
            None => Ok(()),
        }
    }

    fn all(&self) -> impl Iterator<Item = &VerifyingKey> {
        self.named.values().chain(&self.unnamed)
    }

    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// Whether the keys are secrets, which verify in less than a look-up would save.
    pub(crate) fn is_secret(&self) -> bool {
        self.all().next().is_some_and(VerifyingKey::is_secret)
    }

    pub(crate) fn signing(&self) -> Option<&SigningKey> {
        self.signing.as_ref()
    }

    /// The one key that a header can mean. A name that is not known finds nothing, and without a name only a key that
    /// cannot be mistaken for another: the one without a name, or the only one of the algorithm.
    pub(crate) fn find(&self, header: &Header) -> Result<&VerifyingKey, TokenError> {
        let key = match &header.kid {
            Some(kid) => self.named.get(kid.as_str()).ok_or(TokenError::UnknownKey)?,
            None => self.unnamed.as_ref().map_or_else(|| self.only_one(header), Ok)?,
        };
        if key.algorithm() == header.algorithm { Ok(key) } else { Err(TokenError::Algorithm) }
    }

    fn only_one(&self, header: &Header) -> Result<&VerifyingKey, TokenError> {
        let mut candidates = self.all().filter(|key| key.algorithm() == header.algorithm);
        match (candidates.next(), candidates.next()) {
            (Some(only), None) => Ok(only),
            (None, _) => Err(TokenError::Algorithm),
            (Some(_), Some(_)) => Err(TokenError::UnknownKey),
        }
    }

    /// What a header segment was read as before, byte for byte.
    pub(crate) fn accepted(&self, segment: &str) -> Option<Arc<ResolvedHeader>> {
        let accepted = self.accepted.load();
        let at = place(&accepted, segment).ok()?;
        accepted.get(at).cloned()
    }

    /// Remembers the header of a token that verified, so that nobody without a key fills the list.
    pub(crate) fn accept(&self, new: Arc<ResolvedHeader>) {
        let accepted = self.accepted.load();
        let Err(at) = place(&accepted, &new.segment) else { return };
        if accepted.len() < MIN_ACCEPTED.max(self.all().count().saturating_mul(ACCEPTED_A_KEY)) {
            let mut longer = accepted.to_vec();
            longer.insert(at, new);
            // Of two at once one is remembered, and the other the next time.
            self.accepted.store(Arc::new(longer));
        }
    }

    /// The public members of every key, as a JWK Set (RFC 7517 section 5). Secrets are not among them.
    pub(crate) fn to_jwks(&self) -> String {
        let mut keys: Vec<BTreeMap<&str, String>> = self
            .named
            .iter()
            .filter_map(|(kid, key)| Some(public_members(key.public()?, key.algorithm(), kid)))
            .collect();
        keys.sort_by(|a, b| a.get("kid").cmp(&b.get("kid")));
        serde_json::json!({ "keys": keys }).to_string()
    }

    /// Every name, sorted; `None` for a secret without one.
    pub(crate) fn kids(&self) -> Vec<Option<String>> {
        let mut kids: Vec<_> = self.all().map(|key| key.kid().map(str::to_owned)).collect();
        kids.sort();
        kids
    }
}

/// Where a header is, or belongs.
fn place(sorted: &[Arc<ResolvedHeader>], segment: &str) -> Result<usize, usize> {
    sorted.binary_search_by(|known| (*known.segment).cmp(segment))
}

/// The key_set of a backend, changed as a whole: a request sees the keys before a change or after it.
#[derive(Debug)]
pub(crate) struct RotatingKeys {
    key_set: ArcSwap<KeySet>,
    /// Held while a change is made, never over an await.
    change: Mutex<()>,
}

impl RotatingKeys {
    pub(crate) fn new(key_set: KeySet) -> Self {
        Self { key_set: ArcSwap::from_pointee(key_set), change: Mutex::new(()) }
    }

    pub(crate) fn key_set(&self) -> Arc<KeySet> {
        self.key_set.load_full()
    }

    /// A new key verifies, and does not sign yet.
    pub(crate) fn add(&self, key: VerifyingKey) -> Result<(), KeyError> {
        self.replace(|key_set| {
            let mut others: Vec<VerifyingKey> = key_set.all().cloned().collect();
            others.push(key);
            KeySet::new(None, &others).map(|new| KeySet { signing: key_set.signing.clone(), ..new })
        })
    }

    /// Another key signs. The one that signed goes on verifying.
    pub(crate) fn switch(&self, signing: SigningKey) -> Result<(), KeyError> {
        self.replace(|key_set| {
            let others: Vec<_> =
                key_set.all().filter(|key| key.kid() != signing.verifying_key().kid()).cloned().collect();
            KeySet::new(Some(signing), &others)
        })
    }

    /// What a key signed is refused from now on.
    pub(crate) fn retire(&self, kid: Option<&str>) -> Result<(), KeyError> {
        self.replace(|key_set| {
            if key_set.signing.as_ref().is_some_and(|signing| signing.verifying_key().kid() == kid) {
                return Err(KeyError::Signing);
            }
            let others: Vec<_> = key_set.all().filter(|key| key.kid() != kid).cloned().collect();
            if others.len() == key_set.all().count() {
                return Err(KeyError::Unknown(kid.map(str::to_owned)));
            }
            KeySet::new(None, &others).map(|new| KeySet { signing: key_set.signing.clone(), ..new })
        })
    }

    fn replace(&self, change: impl FnOnce(&KeySet) -> Result<KeySet, KeyError>) -> Result<(), KeyError> {
        // What the lock guards is in `key_set`, which is whole whatever happened to another caller.
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
    fn a_header_is_found_again_and_no_more_are_kept_than_the_keys_need() {
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

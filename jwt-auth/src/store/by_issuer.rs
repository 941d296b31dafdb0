//! What names within an issuer stand for.

use std::collections::HashMap;
use std::sync::Arc;

use super::sieve::{Filling, Sieve};

/// Keyed by an issuer and a name of its own. A map in a map: the pair as one key would be copied for each look-up, and the
/// issuer kept with each name.
#[derive(Debug)]
pub(super) struct ByIssuer<V> {
    issuers: HashMap<Box<str>, HashMap<Box<str>, V>>,
    /// Has every name, of whatever issuer.
    filling: Filling,
}

impl<V: Default> ByIssuer<V> {
    pub(super) fn new() -> Self {
        Self { issuers: HashMap::new(), filling: Filling::new() }
    }

    /// For who asks without a lock whether a name is worth looking for.
    pub(super) fn sieve(&self) -> Arc<Sieve> {
        self.filling.sieve()
    }

    pub(super) fn get(&self, issuer: &str, name: &str) -> Option<&V> {
        self.issuers.get(issuer)?.get(name)
    }

    pub(super) fn or_default(&mut self, issuer: &str, name: &str) -> &mut V {
        if self.filling.is_full() {
            let names = self.issuers.values().flat_map(HashMap::keys).map(|name| &**name);
            self.filling.refill(names, self.len());
        }
        self.filling.put(name);
        self.issuers.entry(issuer.into()).or_default().entry(name.into()).or_default()
    }

    pub(super) fn len(&self) -> usize {
        self.issuers.values().map(HashMap::len).sum()
    }

    pub(super) fn retain(&mut self, mut keeps: impl FnMut(&V) -> bool) {
        self.issuers.retain(|_, names| {
            names.retain(|_, value| keeps(value));
            !names.is_empty()
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // REV-06
    #[test]
    fn a_name_belongs_to_its_issuer_and_nothing_is_left_of_what_is_gone() {
        let mut map = ByIssuer::<u64>::new();
        let sieve = map.sieve();
        *map.or_default("i", "jk") = 1;
        *map.or_default("ij", "k") = 2;
        *map.or_default("i", "jk") += 2;
        assert_eq!((map.get("i", "jk"), map.get("ij", "k"), map.len()), (Some(&3), Some(&2), 2));
        assert!(sieve.may_have("jk") && sieve.may_have("k"));
        assert_eq!((map.get("i", "k"), map.get("k", "ij"), map.get("", "ijk")), (None, None, None));
        map.retain(|value| *value == 3);
        assert_eq!((map.len(), map.issuers.len()), (1, 1));
        assert!(sieve.may_have("jk"));
    }
}

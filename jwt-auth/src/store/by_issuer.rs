//! What names within an issuer stand for.

use std::collections::HashMap;

/// Keyed by an issuer and a name of its own. A map in a map: the pair as one key would be copied for each look-up, and the
/// issuer kept with each name.
#[derive(Debug)]
pub(super) struct ByIssuer<V>(HashMap<Box<str>, HashMap<Box<str>, V>>);

impl<V: Default> ByIssuer<V> {
    pub(super) fn get(&self, issuer: &str, name: &str) -> Option<&V> {
        self.0.get(issuer)?.get(name)
    }

    pub(super) fn or_default(&mut self, issuer: &str, name: &str) -> &mut V {
        self.0.entry(issuer.into()).or_default().entry(name.into()).or_default()
    }

    pub(super) fn len(&self) -> usize {
        self.0.values().map(HashMap::len).sum()
    }

    /// Of all issuers.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.values().flat_map(HashMap::keys).map(|name| &**name)
    }

    pub(super) fn retain(&mut self, mut keeps: impl FnMut(&V) -> bool) {
        self.0.retain(|_, names| {
            names.retain(|_, value| keeps(value));
            !names.is_empty()
        });
    }
}

impl<V> Default for ByIssuer<V> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // REV-06
    #[test]
    fn a_name_belongs_to_its_issuer_and_nothing_is_left_of_what_is_gone() {
        let mut map = ByIssuer::<u64>::default();
        *map.or_default("i", "jk") = 1;
        *map.or_default("ij", "k") = 2;
        *map.or_default("i", "jk") += 2;
        assert_eq!((map.get("i", "jk"), map.get("ij", "k"), map.len()), (Some(&3), Some(&2), 2));
        assert_eq!((map.get("i", "k"), map.get("k", "ij"), map.get("", "ijk")), (None, None, None));
        map.retain(|value| *value == 3);
        assert_eq!((map.len(), map.0.len()), (1, 1));
    }
}

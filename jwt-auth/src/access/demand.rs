//! The scopes that an operation demands. The guard enforces this value, the OpenAPI document shows it, and the access
//! map prints it.

use std::collections::BTreeSet;
use std::fmt;

use crate::access::require::RequiredScopes;
use crate::declaration::scope::ScopeSpec;
use crate::declaration::spec::Spec;

/// The scopes that a token needs: all scopes of at least one alternative. It prints as `read write` if both are needed,
/// and as `read or write` if one is enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demand {
    /// There is at least one set, and no set contains another. A single empty set demands nothing.
    alternatives: Vec<BTreeSet<Declared>>,
}

/// A declared scope. Scopes sort in the order of `scopes(...)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Declared {
    place: usize,
    name: &'static str,
}

#[cfg_attr(not(feature = "openapi"), allow(dead_code, reason = "only the document has demands"))]
impl Declared {
    /// The first declared scope for which `is_wanted` returns true.
    pub(crate) fn find(spec: &Spec, is_wanted: impl Fn(&ScopeSpec) -> bool) -> Option<Self> {
        let (place, scope) = spec.scopes.iter().enumerate().find(|(_, scope)| is_wanted(scope))?;
        Some(Self { place, name: scope.name })
    }
}

#[cfg_attr(not(feature = "openapi"), allow(dead_code, reason = "only the document has demands"))]
impl Demand {
    /// A demand that every token meets.
    pub(crate) fn nothing() -> Self {
        Self { alternatives: vec![BTreeSet::new()] }
    }

    /// Demands all scopes of one of the sets. A set that contains another one is left out, because every token that
    /// meets it meets the smaller one too.
    pub(crate) fn one_of(sets: impl IntoIterator<Item = BTreeSet<Declared>>) -> Self {
        let mut alternatives: Vec<BTreeSet<Declared>> = Vec::new();
        for set in sets {
            if alternatives.iter().any(|known| known.is_subset(&set)) {
                continue;
            }
            alternatives.retain(|known| !set.is_subset(known));
            alternatives.push(set);
        }
        Self { alternatives }
    }

    /// Demands that both are met.
    pub(crate) fn and(&self, other: &Self) -> Self {
        Self::one_of(self.alternatives.iter().flat_map(|set| other.alternatives.iter().map(move |more| set | more)))
    }

    /// The same demand for readers who do not know which scopes imply others: `read` becomes `read or write` if `write`
    /// implies `read`.
    pub(crate) fn spelled_out(&self, spec: &Spec) -> Self {
        let granting = |scope: &Declared| {
            let implying = spec.scopes.iter().enumerate().filter(|(_, other)| other.implies.contains(&scope.name));
            let implying = implying.map(|(place, other)| Declared { place, name: other.name });
            Self::one_of([*scope].into_iter().chain(implying).map(|scope| BTreeSet::from([scope])))
        };
        let spelled_out =
            |set: &BTreeSet<Declared>| set.iter().map(granting).fold(Self::nothing(), |all, one| all.and(&one));
        Self::one_of(self.alternatives.iter().flat_map(|set| spelled_out(set).alternatives))
    }

    /// Whether no scope is needed.
    pub(crate) fn is_nothing(&self) -> bool {
        self.alternatives.iter().any(BTreeSet::is_empty)
    }

    /// The alternatives, each as the names of its scopes in the order of `scopes(...)`.
    pub fn alternatives(&self) -> impl Iterator<Item = impl Iterator<Item = &'static str> + Clone> + Clone {
        self.alternatives.iter().map(|set| set.iter().map(|scope| scope.name))
    }

    /// The scopes that the client should request. `None` if the demand is met.
    pub(crate) fn unmet(&self, is_granted: impl Fn(&str) -> bool) -> Option<Vec<&'static str>> {
        unmet(self.alternatives(), is_granted)
    }

    /// Whether every token that meets this demand also meets that of the extractor.
    pub(crate) fn guarantees(&self, required: RequiredScopes, spec: &Spec) -> bool {
        self.alternatives().all(|set| required.unmet(|scope| spec.is_granted(set.clone(), scope)).is_none())
    }
}

impl RequiredScopes {
    /// The scopes that the client should request. `None` if the granted scopes suffice.
    pub(crate) fn unmet(self, is_granted: impl Fn(&str) -> bool) -> Option<Vec<&'static str>> {
        unmet(self.alternatives().map(|set| set.iter().map(|scope| scope.name)), is_granted)
    }
}

/// All scopes of the alternative that lacks the fewest. `None` if one alternative lacks none. The scopes that the token
/// already has are included, because a client requests exactly the scopes that the challenge names (RFC 6750 section
/// 3). Allocates only if the demand is not met.
fn unmet<S>(alternatives: impl Iterator<Item = S>, is_granted: impl Fn(&str) -> bool) -> Option<Vec<&'static str>>
where
    S: Iterator<Item = &'static str> + Clone,
{
    let missing = |set: S| set.filter(|scope| !is_granted(scope)).count();
    let nearest = alternatives.min_by_key(|set| missing(set.clone()));
    match nearest {
        Some(set) if missing(set.clone()) == 0 => None,
        nearest => Some(nearest.into_iter().flatten().collect()),
    }
}

impl fmt::Display for Demand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sets: Vec<String> = self.alternatives().map(|set| set.collect::<Vec<_>>().join(" ")).collect();
        f.write_str(&sets.join(" or "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::declaration::scope::Scope;

    enum AnyScope {}

    impl Scope for AnyScope {
        const NAME: &'static str = "";
    }

    const fn scope(name: &'static str, implies: &'static [&'static str]) -> ScopeSpec {
        ScopeSpec { name, ..ScopeSpec::of::<AnyScope>("").implying(implies) }
    }

    const SPEC: Spec =
        Spec::bearer("Auth").scopes(
            const {
                &[scope("read", &[]), scope("write", &["read"]), scope("admin", &["read", "write"]), scope("mail", &[])]
            },
        );

    fn demand(text: &str) -> Demand {
        let declared = |name| Declared::find(&SPEC, |scope| scope.name == name).unwrap();
        Demand::one_of(text.split(" or ").map(|set| set.split_whitespace().map(declared).collect()))
    }

    #[test]
    fn an_alternative_that_contains_another_is_left_out() {
        assert_eq!(demand("read mail or mail").to_string(), "mail");
        assert_eq!(demand("mail or mail read or read").to_string(), "mail or read");
        assert_eq!(demand("mail read").to_string(), "read mail", "in the order of the declaration");
        assert!(demand("read or ").is_nothing() && !demand("read").is_nothing());
    }

    #[test]
    fn both_demands_hold_together() {
        let both = |a, b| demand(a).and(&demand(b)).to_string();
        assert_eq!(both("read", "mail"), "read mail");
        assert_eq!(both("read or mail", "write"), "read write or write mail");
        assert_eq!(both("read or mail", "mail"), "mail");
        assert_eq!(both("", "mail or read"), "mail or read");
    }

    #[test]
    fn implication_is_spelled_out_without_repetition() {
        let spelled_out = |text| demand(text).spelled_out(&SPEC).to_string();
        assert_eq!(spelled_out("read"), "read or write or admin");
        assert_eq!(spelled_out("read write"), "write or admin");
        assert_eq!(spelled_out("read mail"), "read mail or write mail or admin mail");
        assert_eq!((spelled_out("mail"), spelled_out("")), ("mail".into(), String::new()));
    }

    #[test]
    fn the_challenge_names_all_scopes_of_the_nearest_alternative() {
        let unmet = |text, granted: &str| demand(text).unmet(|scope| SPEC.is_granted(granted.split(' '), scope));
        assert_eq!(unmet("read mail", "read mail"), None);
        assert_eq!(unmet("read mail", "x"), Some(vec!["read", "mail"]));
        assert_eq!(unmet("write mail or admin", "read"), Some(vec!["admin"]));
        assert_eq!(unmet("write mail or admin", "mail"), Some(vec!["write", "mail"]));
        assert_eq!(unmet("write or mail", "read"), Some(vec!["write"]), "the first of those that are equally near");
        assert_eq!((unmet("read", "admin"), unmet("", "")), (None, None));
        assert_eq!(Demand::one_of([]).unmet(|_| true), Some(vec![]), "no alternative is met by nobody");
    }
}

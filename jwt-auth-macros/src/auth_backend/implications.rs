//! The rules of `write(read) = "..."`: which scopes a scope implies.

use jwt_auth_grammar::words::suggestion;

use super::parse_scopes::{ImpliedScope, ParsedScope};
use crate::diag::Diag;

/// Pairs of a scope and a scope that its list names, as indices into `scopes(...)`. The pairs have no cycle.
pub(super) struct Implications(Vec<(usize, usize)>);

pub(super) fn check(written: &[ParsedScope], diag: &mut Diag) -> Implications {
    let mut known = Implications(Vec::new());
    for (from, scope) in written.iter().enumerate() {
        for (at, implied) in scope.implies.iter().enumerate() {
            if !is_named_once(implied, &scope.implies[..at], diag) {
                continue;
            }
            let Some(to) = declared(implied, from, written, diag) else { continue };
            if makes_no_cycle(implied, from, to, written, &known, diag) {
                known.0.push((from, to));
            }
        }
    }
    known
}

/// Reports a scope that the same list has named before.
fn is_named_once(implied: &ImpliedScope, before: &[ImpliedScope], diag: &mut Diag) -> bool {
    let is_repeated = before.iter().any(|other| other.name == implied.name);
    if is_repeated {
        diag.error(&implied.key, format!("duplicate scope `{}`; remove one", implied.name));
    }
    !is_repeated
}

/// The index of an implied scope, which must be declared in the same `scopes(...)`.
fn declared(implied: &ImpliedScope, from: usize, written: &[ParsedScope], diag: &mut Diag) -> Option<usize> {
    let found = written.iter().position(|scope| scope.name == implied.name);
    if found.is_none() {
        let others = written.iter().enumerate().filter(|(at, _)| *at != from);
        let others: Vec<&str> = others.map(|(_, scope)| scope.name.as_str()).collect();
        let advice = if others.is_empty() { "; declare it too".to_owned() } else { suggestion(&implied.name, &others) };
        diag.error(&implied.key, format!("unknown scope `{}`{advice}", implied.name));
    }
    found
}

/// Reports a cycle. Scopes that imply each other would be one scope with several names.
fn makes_no_cycle(
    implied: &ImpliedScope,
    from: usize,
    to: usize,
    written: &[ParsedScope],
    known: &Implications,
    diag: &mut Diag,
) -> bool {
    let scope = &written[from].name;
    if from == to {
        diag.error(&implied.key, format!("the scope `{scope}` implies itself; remove it"));
    } else if known.of(to).contains(&from) {
        let message = format!("the scopes `{}` and `{scope}` imply each other; remove one", implied.name);
        diag.error(&implied.key, message);
    } else {
        return true;
    }
    false
}

impl Implications {
    /// The scopes that a scope implies, directly or indirectly, in the order of the declaration.
    pub(super) fn of(&self, scope: usize) -> Vec<usize> {
        let mut found = Vec::new();
        let mut open = vec![scope];
        while let Some(from) = open.pop() {
            for (_, to) in self.0.iter().filter(|(start, _)| *start == from) {
                if !found.contains(to) {
                    found.push(*to);
                    open.push(*to);
                }
            }
        }
        found.sort_unstable();
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn implication_is_transitive() {
        let implications = Implications(vec![(3, 1), (1, 0), (3, 0), (4, 3)]);
        assert_eq!(implications.of(4), [0, 1, 3]);
        assert_eq!((implications.of(1), implications.of(0)), (vec![0], vec![]));
    }
}

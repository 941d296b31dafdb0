//! Scopes as types, so that a misspelt one does not compile, and what a backend declares of them.

use std::any::TypeId;

use crate::declaration::spec::Spec;

/// A scope that a backend declares with `scopes(...)`. The macro makes one type for each, which belongs to that backend.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a scope",
    label = "expected a type made by `scopes(...)` of `#[auth_backend]`",
    note = "`scopes(read = \"Read orders\")` on `struct Auth` makes `auth::Read`"
)]
pub trait Scope: Send + Sync + 'static {
    /// The scope's name, as tokens carry it.
    const NAME: &'static str;
}

/// A scope type as a value. Two backends may give scopes the same name; their types differ.
#[derive(Clone, Copy, Debug)]
pub struct ScopeType {
    pub(crate) name: &'static str,
    pub(crate) id: fn() -> TypeId,
}

impl ScopeType {
    /// The type `S`.
    pub(crate) const fn of<S: Scope>() -> Self {
        Self { name: S::NAME, id: TypeId::of::<S> }
    }
}

/// One entry of `scopes(...)`.
#[derive(Clone, Copy, Debug)]
pub struct ScopeSpec {
    pub(crate) name: &'static str,
    #[cfg_attr(not(feature = "openapi"), allow(dead_code, reason = "only the document shows it"))]
    pub(crate) description: &'static str,
    pub(crate) id: fn() -> TypeId,
    /// The scopes that a token with this one has too. The macro lists all of them, also those that are implied
    /// indirectly.
    pub(crate) implies: &'static [&'static str],
}

impl ScopeSpec {
    /// `name = "description"`.
    pub const fn of<S: Scope>(description: &'static str) -> Self {
        Self { name: S::NAME, description, id: TypeId::of::<S>, implies: &[] }
    }

    /// `name(implied, implied) = "description"`.
    #[must_use]
    pub const fn implying(self, implies: &'static [&'static str]) -> Self {
        Self { implies, ..self }
    }
}

impl Spec {
    /// Whether these granted scopes include the wanted one: it is among them, or one of them implies it.
    pub(crate) fn is_granted<'s>(&self, mut granted: impl Iterator<Item = &'s str>, wanted: &str) -> bool {
        let implies =
            |granted| self.scopes.iter().any(|scope| scope.implies.contains(&wanted) && scope.name == granted);
        granted.any(|granted| granted == wanted || implies(granted))
    }

    /// Whether this backend declares the scope type.
    pub(crate) fn declares(&self, scope: &ScopeType) -> bool {
        self.scopes.iter().any(|declared| declared.name == scope.name && (declared.id)() == (scope.id)())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    enum Read {}
    enum OtherRead {}

    impl Scope for Read {
        const NAME: &'static str = "read";
    }

    impl Scope for OtherRead {
        const NAME: &'static str = "read";
    }

    // CLM-09
    #[test]
    fn a_scope_is_granted_by_itself_and_by_what_implies_it() {
        let spec = Spec::bearer("Auth").scopes(
            const {
                &[
                    ScopeSpec::of::<Read>("Read"),
                    ScopeSpec { name: "write", ..ScopeSpec::of::<Read>("Write").implying(&["read"]) },
                ]
            },
        );
        let is_granted = |granted: &str, wanted| spec.is_granted(granted.split(' '), wanted);
        assert!(is_granted("read", "read") && is_granted("x write", "read") && is_granted("x", "x"));
        assert!(!is_granted("read", "write") && !is_granted("Write", "read") && !is_granted("", "read"));
    }

    // ONE-02
    #[test]
    fn a_scope_type_is_of_the_backend_that_lists_it() {
        let spec = Spec::bearer("Auth").scopes(const { &[ScopeSpec::of::<Read>("Read")] });
        assert!(spec.declares(&ScopeType::of::<Read>()) && !spec.declares(&ScopeType::of::<OtherRead>()));
    }
}

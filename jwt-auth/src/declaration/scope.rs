//! Scopes as types, so that a misspelt scope does not compile, and the scopes that a backend declares.

use std::any::TypeId;

/// A scope that a backend declares with `scopes(...)`. The macro makes one type for each scope of each backend.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a scope",
    label = "expected a type made by `scopes(...)` of `#[auth_backend]`",
    note = "`scopes(read = \"Read orders\")` on `struct Auth` makes `auth::Read`"
)]
#[doc(alias("permission", "role", "guard"))]
pub trait Scope: Send + Sync + 'static {
    /// The name of the scope in the `scope` claim.
    const NAME: &'static str;
}

/// A scope type as a value. Two backends may declare scopes of the same name, but the types differ.
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
    /// The scopes that this scope implies. The macro lists all of them, including those that are implied indirectly.
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

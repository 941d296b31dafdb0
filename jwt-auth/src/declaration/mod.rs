//! The declaration of a backend: the constants that `#[auth_backend]` writes, its `exclude` patterns, scopes and
//! endpoints.

pub(crate) mod scope;
pub(crate) mod spec;
pub(crate) mod exclude;

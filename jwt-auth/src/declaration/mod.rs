//! What `#[auth_backend]` declares: the constants that the macro writes, `exclude` patterns, scopes, and the endpoints.

pub(crate) mod clean_path;
pub(crate) mod scope;
pub(crate) mod spec;
pub(crate) mod endpoints;
pub(crate) mod exclude;

//! Bounded caches: verified tokens, users, and summaries of the store.

pub(crate) mod bounded;
pub(crate) mod subject_tags;
pub(crate) mod summaries;
pub(crate) mod tokens;
pub(crate) mod users;

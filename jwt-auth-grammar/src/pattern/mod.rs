//! Patterns of `exclude`: `[METHOD|METHOD ]/segment/{parameter}/{*rest}`, in axum's path syntax, for whole paths.
//!
//! A pattern covers a route template if it covers every path that the template matches. A literal segment covers the
//! same literal, `{x}` covers one segment that is not empty, and `{*rest}` covers one or more segments, of which the
//! last may be empty (so `/docs/{*rest}` covers `/docs/`, but not `/docs`).

mod syntax;
mod tree;
mod single;
mod set;

pub use set::{PatternSet, opens_everything};
pub use single::Pattern;

//! The facts that the macros and the runtime of [jwt-auth](https://docs.rs/jwt-auth) share, each in one place: the
//! grammar of exclude patterns, scopes, header names and cookies, the registered claims, and the list of endpoints.
//!
//! **This is not a public API.** It changes with every release of jwt-auth, and no semver promise covers it: both
//! crates pin it with `=`. Use `jwt-auth`.
//!
//! The macros call the functions that return a [`SyntaxError`], which says what is wrong, where, and what to write. The
//! runtime reads the checked texts with functions that cannot fail.

#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::string_slice,
        clippy::unreachable,
        clippy::unwrap_used
    )
)]

// A module imports only from modules above it; a test reads this list.
mod error;
mod text;
pub mod words;
pub mod token;
pub mod scope;
pub mod claim;
pub mod header;
pub mod cookie;
pub mod method;
pub mod path;
pub mod kind;
pub mod endpoint;
pub mod raw_path;
pub mod pattern;

pub use error::SyntaxError;

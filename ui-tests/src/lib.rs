//! What the compiler tells a user; see `tests/ui.rs`.

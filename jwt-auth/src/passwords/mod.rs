//! Passwords: their check, its limits against guessing, and its errors.

pub(crate) mod check;
pub(crate) mod error;
pub(crate) mod throttle;
pub(crate) mod turns;

pub use error::PasswordError;

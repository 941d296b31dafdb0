//! The arguments of an attribute as a list of entries. Each entry is parsed by itself, so a mistake in one hides none in
//! another.

mod entry;
mod split;
mod values;

pub(crate) use entry::{Entry, Value};
pub(crate) use split::{is_comma, opened, parse};

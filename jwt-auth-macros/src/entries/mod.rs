//! The arguments of an attribute as a list of entries. Each entry is parsed on its own, so that a mistake in one does not
//! hide a mistake in another.

mod entry;
mod split;
mod values;

pub(crate) use entry::{Entry, Value};
pub(crate) use split::{is_comma, opened, parse};

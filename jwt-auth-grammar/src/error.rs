//! The error of every check in this crate.

use std::fmt;
use std::ops::Range;

/// A mistake in a text, and its position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    at: Range<usize>,
    message: String,
}

impl SyntaxError {
    /// `part` is the slice of `whole` that must change.
    pub(crate) fn new(whole: &str, part: &str, message: impl Into<String>) -> Self {
        Self { at: position(whole, part), message: message.into() }
    }

    /// The range of bytes in the text that must change.
    pub fn at(&self) -> Range<usize> {
        self.at.clone()
    }
}

/// One line: what is wrong; what to write instead.
impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for SyntaxError {}

/// The position of `part` in `whole`. All of `whole` if `part` is not a slice of it.
fn position(whole: &str, part: &str) -> Range<usize> {
    let start = part.as_ptr().addr().checked_sub(whole.as_ptr().addr());
    let range = start.and_then(|start| Some(start..start.checked_add(part.len())?));
    range.filter(|range| whole.get(range.clone()) == Some(part)).unwrap_or(0..whole.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_position_of_a_part_is_found() {
        let whole = "GET /a/b/a";
        assert_eq!(position(whole, &whole[9..]), 9..10);
        assert_eq!(position(whole, whole), 0..10);
        assert_eq!(position(whole, "elsewhere"), 0..10);
    }
}

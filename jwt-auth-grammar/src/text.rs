//! Slices of a text, for positions.

/// The first character that `is_wrong`, as a slice of the text.
pub(crate) fn first_that(text: &str, is_wrong: impl Fn(char) -> bool) -> Option<&str> {
    let (start, character) = text.char_indices().find(|(_, character)| is_wrong(*character))?;
    text.get(start..start.checked_add(character.len_utf8())?)
}

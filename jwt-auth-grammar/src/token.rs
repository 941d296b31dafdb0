//! The `token` of HTTP, which is the syntax of header names, cookie names and authentication schemes.

/// Whether a byte is a `tchar` of RFC 9110 section 5.6.2.
#[inline]
pub const fn is_token_char(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~')
}

/// Whether a text is a `token` of RFC 9110 section 5.6.2.
pub fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_token_char)
}

/// The first character that a token cannot contain.
pub(crate) fn not_of_a_token(text: &str) -> Option<&str> {
    crate::text::first_that(text, |character| !u8::try_from(character).is_ok_and(is_token_char))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_characters_are_those_of_the_rfc() {
        let punctuation = "!#$%&'*+-.^_`|~";
        for byte in 0..=u8::MAX {
            let is_listed = byte.is_ascii_alphanumeric() || punctuation.as_bytes().contains(&byte);
            assert_eq!(is_token_char(byte), is_listed, "{byte:#x}");
        }
        assert!(is_token("X-API-Key") && !is_token("") && !is_token("a b"));
        assert_eq!((not_of_a_token("a b"), not_of_a_token("ab")), (Some(" "), None));
    }
}

//! Scopes, as RFC 6749 section 3.3 writes them.

use crate::error::SyntaxError;
use crate::text::first_that;

/// Whether a text is a list of scopes: `scope = scope-token *( SP scope-token )`.
#[inline]
pub fn is_scope(scope: &str) -> bool {
    scope.split(' ').all(is_scope_token)
}

/// Whether a text names one scope: `scope-token = 1*( %x21 / %x23-5B / %x5D-7E )`.
#[inline]
pub fn is_scope_token(token: &str) -> bool {
    !token.is_empty() && token.bytes().all(is_scope_char)
}

const fn is_scope_char(byte: u8) -> bool {
    matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e)
}

/// Checks the name of one scope.
///
/// # Errors
///
/// If the name is not a `scope-token`.
pub fn check(name: &str) -> Result<(), SyntaxError> {
    if is_scope_token(name) {
        return Ok(());
    }
    let wrong = first_that(name, |character| !u8::try_from(character).is_ok_and(is_scope_char)).unwrap_or(name);
    let reason = match () {
        () if name.is_empty() => "is empty",
        () if !name.is_ascii() => "is not ASCII",
        () => "has a space, a control character, a quote or a backslash",
    };
    Err(SyntaxError::new(name, wrong, format!("the scope `{name}` {reason}; use `\"orders:read\"`")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_valid_or_says_why_not() {
        for name in ["read", "orders:read", "https://example.com/orders.read", "!", "[]~"] {
            assert!(check(name).is_ok() && is_scope_token(name) && is_scope(name), "{name}");
        }
        for (name, reason, at) in [
            ("", "is empty", 0..0),
            ("lesen und schreiben", "has a space", 5..6),
            ("a\"b", "has a space", 1..2),
            ("a\\", "has a space", 1..2),
            ("schön", "is not ASCII", 3..5),
        ] {
            let error = check(name).unwrap_err();
            assert!(error.to_string().contains(reason) && error.at() == at, "{error} {:?}", error.at());
        }
        assert!(is_scope("read write") && !is_scope("read  write") && !is_scope("") && !is_scope(" read"));
    }

    #[test]
    fn the_characters_are_those_of_the_rfc() {
        for byte in 0..=0x7f_u8 {
            let is_listed = byte.is_ascii_graphic() && !b"\"\\".contains(&byte);
            assert_eq!(is_scope_char(byte), is_listed, "{byte:#x}");
        }
    }
}

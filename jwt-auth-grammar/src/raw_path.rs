//! Raw paths of requests, which servers may read in different ways.

use crate::path::is_dot_segment;

/// Whether every server reads the raw path of a request in the same way: see [`ambiguity`].
pub fn is_unambiguous(raw_path: &str) -> bool {
    ambiguity(raw_path).is_none()
}

/// Why servers may read a raw path in different ways. `None` if it has no dot segment, no parameters, no backslash and only visible
/// ASCII, and each encoded segment (RFC 3986 section 2.1) decodes to UTF-8 that stays one segment however often it is decoded.
pub fn ambiguity(raw_path: &str) -> Option<&'static str> {
    if !raw_path.bytes().all(|byte| byte.is_ascii_graphic() && !b";\\".contains(&byte)) {
        return Some("it has a `;`, a backslash, or a character that is not visible ASCII");
    }
    raw_path.split('/').find_map(|segment| match segment.contains('%') {
        true => ambiguity_of_encoded(segment),
        false => is_dot_segment(segment).then_some(DOTS),
    })
}

const DOTS: &str = "it has a segment `.` or `..`";

fn ambiguity_of_encoded(segment: &str) -> Option<&'static str> {
    let Some(decoded) = percent_decoded(segment) else { return Some("two hexadecimal digits are missing after a `%`") };
    let Ok(text) = String::from_utf8(decoded) else { return Some("it encodes bytes that are not UTF-8") };
    if is_dot_segment(&text) {
        return Some(DOTS);
    }
    // Besides what ends a segment or a path, characters that some servers replace by those (Unicode's form NFKC).
    let is_wrong = |character: char| {
        character.is_control()
            || matches!(character, '/' | '\\' | '%' | ';' | '?' | '#')
            || matches!(character, '\u{37e}' | '\u{2024}'..='\u{2026}' | '\u{2047}'..='\u{2049}' | '\u{2100}'..='\u{2106}' | '\u{fe10}'..='\u{fe19}' | '\u{fe30}' | '\u{fe50}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff5e}')
    };
    text.chars()
        .any(is_wrong)
        .then_some("it encodes a slash, a backslash, a control character, or another character that ends a segment")
}

fn percent_decoded(segment: &str) -> Option<Vec<u8>> {
    let digit = |byte: Option<u8>| char::from(byte?).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (mut decoded, mut bytes) = (Vec::with_capacity(segment.len()), segment.bytes());
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => digit(bytes.next())? << 4 | digit(bytes.next())?,
            other => other,
        });
    }
    Some(decoded)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::path::stays_below;

    #[test]
    fn a_raw_path_is_read_in_one_way_or_refused() {
        for path in ["/a", "/a/b.css", "/", "/a/", "/..a/b..", "/@me"] {
            assert!(is_unambiguous(path), "{path}");
        }
        for path in ["/a/../b", "/.", "/%2e%2e", "/a;b", "/a\\b", "/ü", "/a b", "/a\0"] {
            assert!(!is_unambiguous(path), "{path}");
        }
        // F5
        for path in ["/a%20b.txt", "/%61", "/%C3%BC", "/a%2eb", "/%2e%2e%2e", "/%e6%97%a5/%22"] {
            assert!(is_unambiguous(path), "{path}");
        }
        for path in
            ["/%2E", "/.%2e", "/%2e%2e/a", "/a%2fb", "/a%5Cb", "/a%00", "/a%0a", "/a%7f", "/a%252e", "/a%25", "/a%3bb"]
                .into_iter()
                .chain([
                    "/a%",
                    "/a%2",
                    "/a%zz",
                    "/%+1",
                    "/%c0%ae",
                    "/%c0%af",
                    "/%ff",
                    "/%ed%a0%80",
                    "/%ef%bc%8f",
                    "/a%3f",
                    "/%c2%85",
                ])
        {
            assert!(!is_unambiguous(path), "{path}");
        }
    }

    proptest! {
        // F5: what is decoded stays one segment, and decoding it again changes nothing.
        #[test]
        fn an_unambiguous_path_stays_below_its_folder(path in "(/([a-z.]|%[0-9a-fA-F]{2}|%2[eEfF5]|%5[cC]|%c[0-3]|%e2%80%a[0-9]){0,4}){1,3}") {
            if is_unambiguous(&path) {
                for segment in path.split('/').skip(1).filter(|segment| !segment.is_empty()) {
                    let decoded = String::from_utf8(percent_decoded(segment).unwrap()).unwrap();
                    prop_assert!(decoded.contains(':') || stays_below(&decoded), "{}", decoded);
                    prop_assert!(!decoded.contains('/'));
                    prop_assert_eq!(percent_decoded(&decoded), Some(decoded.clone().into_bytes()));
                }
            }
        }

        #[test]
        fn encoded_text_that_is_one_segment_is_unambiguous(text in "[a-zà-ž0-9 .,!'()\"<>|^`{}\\[\\]*+=@&$~_-]{1,8}") {
            let encoded: String = text.bytes().map(|byte| format!("%{byte:02x}")).collect();
            prop_assert_eq!(is_unambiguous(&format!("/files/{encoded}")), !is_dot_segment(&text));
        }

        // REL-01
        #[test]
        fn no_text_panics(text in ".*") {
            let _ = ambiguity(&text);
        }
    }
}

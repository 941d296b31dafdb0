//! A text is either a pattern, which prints as the same text again, or refused with a message of one line.
#![no_main]

use jwt_auth_grammar::path::segments;
use jwt_auth_grammar::pattern::Pattern;

libfuzzer_sys::fuzz_target!(|text: &str| {
    match Pattern::parse(text) {
        Ok(pattern) => {
            assert_eq!(pattern.to_string(), text);
            assert!(pattern.path.starts_with('/') && segments(pattern.path).count() >= 1);
        }
        Err(error) => {
            assert!(text.get(error.at()).is_some(), "{error}");
            assert!(!error.to_string().contains('\n') || text.contains('\n'), "{error}");
        }
    }
});

//! Any text either is a pattern, and is taken apart into what it was made of, or is refused with one line.
#![no_main]
#![allow(dead_code, reason = "the macros use the rest")]

#[path = "../../jwt-auth-macros/src/path_pattern.rs"]
mod path_pattern;
#[path = "../../jwt-auth-macros/src/words.rs"]
mod words;

libfuzzer_sys::fuzz_target!(|text: &str| {
    match path_pattern::PathPattern::parse(text) {
        Ok(pattern) => {
            assert_eq!(pattern.to_string(), text);
            assert!(pattern.path.starts_with('/') && pattern.segments().count() >= 1);
        }
        Err(message) => assert!(!message.contains('\n') || text.contains('\n'), "{message}"),
    }
});

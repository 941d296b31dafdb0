use proptest::prelude::*;

use super::*;
use crate::pattern::Pattern;

#[test]
fn invalid_patterns_are_refused_and_the_message_says_what_to_write() {
    for (text, hint) in [
        ("", "`\"/\"`"),
        (" ", "`\"/\"`"),
        (" /a", "`\"/a\"`"),
        ("/a\n", "`\"/a\"`"),
        ("GET  /a", "`\"GET /a\"`"),
        ("GET\t/a", "`\"GET /a\"`"),
        ("GET", "`\"GET /\"`"),
        ("|GET /a", "a method is missing"),
        ("GET| /a", "a method is missing"),
        ("login", "`\"/login\"`"),
        ("https://example.com/a/b", "write `\"/a/b\"`"),
        ("https://example.com", "write `\"/\"`"),
        ("/a//b", "`\"/a/b\"`"),
        ("/a///", "`\"/items/{id}\"`"),
        ("/docs/?x", "`\"/items/{id}\"`"),
        ("https://a.b/*", "`\"/items/{id}\"`"),
        ("GET/a", "`\"GET /a\"`"),
        ("GET | POST /a", "`\"GET|POST /a\"`"),
        ("GET, POST /a", "`\"GET|POST /a\"`"),
        ("GET POST /a", "`\"GET|POST /a\"`"),
        ("ANY /a", "leave the methods out"),
        ("/a/../b", "without it"),
        ("/.", "without it"),
        ("/docs/", "`\"/docs\"`, or `\"/docs/{*rest}\"`"),
        ("/a?x", "write `\"/a\"`"),
        ("?x", "write `\"/\"`"),
        ("/a#x", "write `\"/a\"`"),
        ("^/a$", "literal segments"),
        ("/(a|b)", "literal segments"),
        ("/[0-9]", "literal segments"),
        ("/a\\d", "literal segments"),
        ("/a.*", "regular expressions"),
        ("/.+", "regular expressions"),
        ("/a/*", "`{*rest}`"),
        ("/a/**", "`{*rest}`"),
        ("/health*", "whole segment"),
        ("/*a*", "whole segment"),
        ("/:id", "`{id}`"),
        ("/*rest", "`{*rest}`"),
        ("/{a", "whole segment"),
        ("/a}", "whole segment"),
        ("/{}", "the name in"),
        ("/{*}", "the name in"),
        ("/{{a}}", "one pair"),
        ("/{a{b}}", "one pair"),
        ("/{a}x", "whole segment"),
        ("/x{a}", "whole segment"),
        ("/{*a}/b", "last segment"),
        ("/{a}/{a}", "rename one"),
        ("/{a}/{*a}", "rename one"),
        ("/{1a}", "the name in"),
        ("/{a-b}", "the name in"),
        ("/{*rest}", "every route"),
        ("GET /{*rest}", "every route"),
        ("GTE /a", "`GET`"),
        ("get /a", "`GET`"),
        ("GET|GET /a", "remove one"),
        ("/a b", "white space"),
        ("/a\u{7}b", "white space"),
        ("/a%20", "percent-encoding"),
        ("GET a", "`\"/a\"`"),
        ("/a;b", "servers read differently"),
        ("/ü", "contain `ü`"),
        ("/a<b", "contain `<`"),
    ] {
        let message = Pattern::parse(text).unwrap_err().to_string();
        assert!(message.contains(hint), "{text:?}: {message}");
        assert!(!message.contains('\n') && message.contains("; "), "{message}");
    }
}

#[test]
fn an_error_points_at_the_part_that_must_change() {
    for (text, part) in [
        ("GTE /a", "GTE"),
        ("GET|PST /a", "PST"),
        ("GET /a/:id/b", ":id"),
        ("/a/{1}/b", "{1}"),
        ("GET /ü/b", "ü"),
        ("/{a}/{a}", "{a}"),
        ("GET a", "a"),
    ] {
        assert_eq!(&text[Pattern::parse(text).unwrap_err().at()], part, "{text}");
    }
    assert_eq!(Pattern::parse("/{a}/{a}").unwrap_err().at(), 5..8);
}

/// A second implementation of the grammar, as `docs/auth_backend.md` describes it.
fn is_of_the_grammar(text: &str) -> bool {
    let (methods, path) = match text.split_once(' ') {
        Some((methods, path)) => (methods.split('|').collect(), path),
        None => (Vec::new(), text),
    };
    let are_methods = methods.iter().all(|method| METHODS.contains(method))
        && methods.iter().enumerate().all(|(at, method)| !methods[..at].contains(method));
    let Some(path) = path.strip_prefix('/') else { return false };
    if !are_methods || path.is_empty() {
        return are_methods && path.is_empty();
    }
    let is_name = |name: &str| {
        name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && name.chars().next().is_some_and(|c| !c.is_ascii_digit())
    };
    let is_literal = |text: &str| {
        !text.is_empty()
            && text.chars().all(|c| c.is_ascii_alphanumeric() || "-._~!&'+,=:@".contains(c))
            && !text.starts_with(':')
            && ![".", "..", ".+"].contains(&text)
    };
    let segments: Vec<&str> = path.split('/').collect();
    let mut names = Vec::new();
    for (at, segment) in segments.iter().enumerate() {
        let Some(name) = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) else {
            if is_literal(segment) {
                continue;
            }
            return false;
        };
        let rest = name.strip_prefix('*');
        let name = rest.unwrap_or(name);
        if !is_name(name) || names.contains(&name) || (rest.is_some() && at + 1 < segments.len()) {
            return false;
        }
        names.push(name);
    }
    !(segments.len() == 1 && path.starts_with("{*"))
}

fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("/"),
        Just("{a}"),
        Just("{*b}"),
        Just("a"),
        Just("GET"),
        Just(" "),
        Just("|"),
        Just("POST"),
        Just("."),
        Just("{"),
        Just("}"),
        Just("*"),
        Just(":"),
        Just("+"),
        Just("//"),
        Just("{b}"),
        Just("x.y"),
        Just("ü"),
        Just("%"),
    ];
    proptest::collection::vec(piece, 0..9).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    // REL-01
    #[test]
    fn no_text_panics_and_every_text_is_read_alike(text in any::<String>()) {
        prop_assert_eq!(Pattern::parse(&text).is_ok(), is_of_the_grammar(&text));
    }

    #[test]
    fn a_text_is_taken_if_the_grammar_describes_it(text in pieces()) {
        prop_assert_eq!(Pattern::parse(&text).is_ok(), is_of_the_grammar(&text), "{}", text);
    }

    #[test]
    fn what_the_grammar_describes_is_taken(
        text in "((GET|POST|HEAD)(\\|(PUT|DELETE))? )?(/([a-zA-Z0-9._~!&'+,=@-]{1,8}|\\{[a-z_][a-z0-9_]{0,4}\\})){1,4}(/\\{\\*rest_1\\})?"
    ) {
        prop_assert_eq!(Pattern::parse(&text).is_ok(), is_of_the_grammar(&text), "{}", text);
    }
}

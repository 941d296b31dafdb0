//! The rules of the exclude list as a whole.

use jwt_auth_grammar::pattern::{Pattern, opens_everything};
use syn::LitStr;

use super::parse::Parsed;
use crate::diag::Diag;

/// Every pattern is sound and opens something that no other does, no endpoint is among them, and together they leave
/// something closed.
pub(super) fn check(parsed: &Parsed, diag: &mut Diag) -> Vec<String> {
    let written: Vec<(&LitStr, String)> = parsed.exclude.iter().map(|literal| (literal, literal.value())).collect();
    let mut sound: Vec<(&LitStr, Pattern<'_>)> = Vec::new();
    for (literal, text) in &written {
        match Pattern::parse(text) {
            Err(error) => diag.syntax_error(literal, &error),
            Ok(pattern) => match parsed.endpoint_at(pattern.path) {
                Some(endpoint) => {
                    diag.error(literal, format!("`{}` is excluded by itself; remove this pattern", endpoint.key()));
                }
                None if pattern.names_head_twice() => {
                    diag.error(literal, "`HEAD` follows `GET` by itself; remove it");
                }
                None => sound.push((literal, pattern)),
            },
        }
    }
    // A list with redundant patterns may open everything only because of them, so that is reported later.
    if !has_redundant(&sound, diag) {
        leaves_something_closed(&sound, diag);
    }
    sound.iter().map(|(_, pattern)| pattern.to_string()).collect()
}

/// Reports every pattern that another one covers. Of two that cover each other, the later one.
fn has_redundant(patterns: &[(&LitStr, Pattern<'_>)], diag: &mut Diag) -> bool {
    let mut found = false;
    for (at, (literal, pattern)) in patterns.iter().enumerate() {
        let makes_redundant = |(other_at, (_, other)): &(usize, &(&LitStr, Pattern<'_>))| {
            *other_at != at && other.covers(pattern) && (*other_at < at || !pattern.covers(other))
        };
        let Some((_, (_, other))) = patterns.iter().enumerate().find(makes_redundant) else { continue };
        found = true;
        if other == pattern {
            diag.error(literal, format!("duplicate pattern `{pattern}`; remove one"));
        } else {
            diag.error(literal, format!("`{pattern}` is covered by `{other}` already; remove it"));
        }
    }
    found
}

fn leaves_something_closed(patterns: &[(&LitStr, Pattern<'_>)], diag: &mut Diag) {
    let alone: Vec<Pattern<'_>> = patterns.iter().map(|(_, pattern)| pattern.clone()).collect();
    if let Some((last, _)) = opens_everything(&alone).and_then(|last| patterns.get(last)) {
        diag.error(last, "together with the patterns before it this one opens every route; name the routes to open");
    }
}

//! The rules of the exclude list as a whole.

use jwt_auth_grammar::pattern::{Pattern, opens_everything};
use syn::LitStr;

use super::parse::Parsed;
use crate::diag::Diag;

/// Each pattern must be valid, must not be the path of an endpoint, and must open something that no other pattern
/// opens. Together they must not open everything.
pub(super) fn check(parsed: &Parsed, diag: &mut Diag) -> Vec<String> {
    let written: Vec<(&LitStr, String)> = parsed.exclude.iter().map(|literal| (literal, literal.value())).collect();
    let mut valid: Vec<(&LitStr, Pattern<'_>)> = Vec::new();
    for (literal, text) in &written {
        match Pattern::parse(text) {
            Err(error) => diag.syntax_error(literal, &error),
            Ok(pattern) => match parsed.endpoint_at(pattern.path) {
                Some(endpoint) => {
                    diag.error(literal, format!("{} is open already; remove this pattern", endpoint.subject()));
                }
                None if pattern.names_head_twice() => {
                    diag.error(literal, "`HEAD` is already included in `GET`; remove it");
                }
                None => valid.push((literal, pattern)),
            },
        }
    }
    // A list that opens everything is reported only if no pattern is redundant: removing that pattern may solve both.
    if !has_redundant(&valid, diag) {
        leaves_something_closed(&valid, diag);
    }
    valid.iter().map(|(_, pattern)| pattern.to_string()).collect()
}

/// Reports every pattern that another one covers. If two cover each other, the later one is reported.
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
            diag.error(literal, format!("`{pattern}` is already covered by `{other}`; remove it"));
        }
    }
    found
}

fn leaves_something_closed(patterns: &[(&LitStr, Pattern<'_>)], diag: &mut Diag) {
    let alone: Vec<Pattern<'_>> = patterns.iter().map(|(_, pattern)| pattern.clone()).collect();
    if let Some((last, _)) = opens_everything(&alone).and_then(|last| patterns.get(last)) {
        diag.error(last, "the patterns up to this one open every route; name only the routes to open");
    }
}

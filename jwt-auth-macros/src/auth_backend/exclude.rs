//! The rules of the exclude list as a whole. What one pattern covers is said by the runtime's guard; here two patterns
//! are compared by the same words.

use syn::LitStr;

use super::parse::Parsed;
use crate::diag::Diag;
use crate::path_pattern::{METHODS, PathPattern, Segment};

/// Every pattern is sound and opens something that no other does, the token URL is not among them, and together they
/// leave something closed.
pub(super) fn check(parsed: &Parsed, diag: &mut Diag) -> Vec<PathPattern> {
    let mut sound: Vec<(&LitStr, PathPattern)> = Vec::new();
    for literal in &parsed.exclude {
        match PathPattern::parse(&literal.value()) {
            Err(message) => diag.error(literal, message),
            Ok(pattern) => match endpoint_at(parsed, &pattern.path) {
                Some(key) => diag.error(literal, format!("`{key}` is excluded by itself; remove this pattern")),
                None if names_head_twice(&pattern) => {
                    diag.error(literal, "`HEAD` follows `GET` by itself; remove it");
                }
                None => sound.push((literal, pattern)),
            },
        }
    }
    let mut is_redundant = false;
    let split: Vec<Split<'_>> = sound.iter().map(|(_, pattern)| Split::new(pattern)).collect();
    for (index, (literal, pattern)) in sound.iter().enumerate() {
        let covers = |other: &usize| *other != index && split[*other].covers(&split[index]);
        let is_later = |other: &usize| *other < index || !split[index].covers(&split[*other]);
        if let Some(other) = (0..sound.len()).filter(covers).find(is_later) {
            let other = &sound[other].1;
            is_redundant = true;
            diag.error(
                literal,
                if other == pattern {
                    format!("duplicate pattern `{pattern}`; remove one")
                } else {
                    format!("`{pattern}` is covered by `{other}` already; remove it")
                },
            );
        }
    }
    // What is redundant is mended first.
    if let Some(last) = opens_everything(&split).filter(|_| !is_redundant) {
        diag.error(
            sound[last].0,
            "together with the patterns before it this one opens every route; name the routes to open",
        );
    }
    sound.into_iter().map(|(_, pattern)| pattern).collect()
}

/// The key of the endpoint that a path is of.
fn endpoint_at(parsed: &Parsed, path: &str) -> Option<&'static str> {
    parsed.endpoints().find(|(_, url)| url.value() == path).map(|(key, _)| key)
}

/// HEAD beside GET opens nothing more.
fn names_head_twice(pattern: &PathPattern) -> bool {
    let has = |method: &str| pattern.methods.iter().any(|known| known == method);
    has("GET") && has("HEAD")
}

/// A pattern in the parts that are compared.
struct Split<'p> {
    methods: &'p [String],
    segments: Vec<Segment<'p>>,
}

impl<'p> Split<'p> {
    fn new(pattern: &'p PathPattern) -> Self {
        Self { methods: &pattern.methods, segments: pattern.segments().collect() }
    }

    /// HEAD follows GET.
    fn takes(&self, method: &str) -> bool {
        let has = |method: &str| self.methods.iter().any(|known| known == method);
        self.methods.is_empty() || has(method) || (method == "HEAD" && has("GET"))
    }

    /// Whether this opens all that the other opens.
    fn covers(&self, other: &Self) -> bool {
        let takes_all = match other.methods {
            [] => self.methods.is_empty(),
            methods => methods.iter().all(|method| self.takes(method)),
        };
        takes_all && cover(&self.segments, &other.segments)
    }

    /// How many parameters stand before the end or before `{*rest}`, where there is no literal.
    fn parameters(&self) -> Option<(usize, bool)> {
        let is_literal = |segment: &Segment<'_>| matches!(segment, Segment::Literal(_));
        let is_rest = self.segments.last() == Some(&Segment::Rest);
        (!self.segments.iter().any(is_literal)).then_some((self.segments.len() - usize::from(is_rest), is_rest))
    }
}

fn cover(ours: &[Segment<'_>], theirs: &[Segment<'_>]) -> bool {
    match (ours, theirs) {
        ([], []) | ([Segment::Rest], [_, ..]) => true,
        ([first, ours @ ..], [other, theirs @ ..]) => {
            let is_covered = match (first, other) {
                // The root has one segment, which is empty.
                (Segment::Parameter, Segment::Literal(text)) => !text.is_empty(),
                _ => first == other,
            };
            is_covered && cover(ours, theirs)
        }
        _ => false,
    }
}

/// The pattern that completes a set which leaves no path closed but the root: one with `{*rest}` behind parameters
/// only, and one for every shorter length.
fn opens_everything(patterns: &[Split<'_>]) -> Option<usize> {
    METHODS.iter().find_map(|method| {
        let open = |patterns: &[Split<'_>]| {
            let open: Vec<(usize, bool)> =
                patterns.iter().filter(|pattern| pattern.takes(method)).filter_map(Split::parameters).collect();
            open.iter().any(|(before, is_rest)| {
                *is_rest
                    && (1..=*before).all(|length| {
                        open.iter().any(|(exact, rest)| (*exact == length && !rest) || (*rest && *exact < length))
                    })
            })
        };
        (0..patterns.len()).find(|last| open(&patterns[..=*last]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> PathPattern {
        PathPattern::parse(text).unwrap()
    }

    fn covers(ours: &str, theirs: &str) -> bool {
        let (ours, theirs) = (parse(ours), parse(theirs));
        Split::new(&ours).covers(&Split::new(&theirs))
    }

    // EXC-03
    #[test]
    fn a_pattern_covers_what_it_opens() {
        for (ours, theirs) in [
            ("/a", "/a"),
            ("/a", "GET /a"),
            ("GET /a", "HEAD /a"),
            ("GET|POST /a", "POST /a"),
            ("/{x}", "/{y}"),
            ("/{x}", "/a"),
            ("/a/{*x}", "/a/b/c"),
            ("/a/{*x}", "/a/{b}"),
            ("/a/{*x}", "/a/{b}/{*c}"),
            ("/{a}/{*x}", "/a/{*y}"),
        ] {
            assert!(covers(ours, theirs), "{ours} {theirs}");
        }
        for (ours, theirs) in [
            ("GET /a", "/a"),
            ("HEAD /a", "GET /a"),
            ("GET /a", "GET|POST /a"),
            ("/a", "/b"),
            ("/a", "/{x}"),
            ("/{x}", "/"),
            ("/a/{*x}", "/a"),
            ("/{a}", "/{a}/{b}"),
            ("/{a}/{b}", "/{a}"),
            ("/a/{b}", "/a/{*b}"),
            ("/a/{b}/{*x}", "/a/{*b}"),
        ] {
            assert!(!covers(ours, theirs), "{ours} {theirs}");
        }
    }

    // EXC-05
    #[test]
    fn a_set_that_opens_everything_is_seen() {
        let completes = |texts: &[&str]| {
            let patterns: Vec<_> = texts.iter().map(|text| parse(text)).collect();
            opens_everything(&patterns.iter().map(Split::new).collect::<Vec<_>>())
        };
        assert_eq!(completes(&["/{x}/{*rest}", "/{x}"]), Some(1));
        assert_eq!(completes(&["/{x}", "/a", "GET /{x}/{*rest}"]), Some(2));
        assert_eq!(completes(&["/{x}/{y}/{*rest}", "GET /{x}", "GET|POST /{x}/{y}", "/z"]), Some(2));
        for texts in [
            &["/{x}/{*rest}"][..],
            &["/{x}"],
            &["/{x}/{y}/{*rest}", "/{x}"],
            &["/{x}/{y}/{*rest}", "/{x}/{y}"],
            &["POST /{x}/{*rest}", "GET /{x}"],
            &["/a/{*rest}", "/{x}", "/"],
            &[],
        ] {
            assert_eq!(completes(texts), None, "{texts:?}");
        }
    }
}

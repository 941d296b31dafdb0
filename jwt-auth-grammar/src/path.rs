//! Paths and route templates in axum's syntax, segment by segment.

use std::borrow::Cow;

/// One segment of a route template or of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Segment<'p> {
    /// `items`
    Literal(&'p str),
    /// `{id}`: one segment that is not empty.
    Parameter,
    /// `{*rest}`: the rest of a path.
    Rest,
}

impl<'p> Segment<'p> {
    /// Reads one segment of a template. A segment with a parameter and other text, such as `{name}.css`, is a
    /// `Parameter`, and one with a wildcard is a `Rest`. An escaped brace, as in `{{a}}`, also gives a `Parameter`.
    /// That is the strict reading: only a pattern with a parameter in this place covers the segment.
    #[inline]
    pub fn of_template(segment: &'p str) -> Self {
        // Most segments have no brace.
        if !segment.contains('{') {
            Self::Literal(segment)
        } else if segment.contains("{*") {
            Self::Rest
        } else {
            Self::Parameter
        }
    }
}

/// The segments of a template.
pub fn segments(template: &str) -> impl Iterator<Item = Segment<'_>> {
    template.strip_prefix('/').unwrap_or(template).split('/').map(Segment::of_template)
}

/// Splits a path without its leading slash into the first segment and the text after the next slash.
#[inline]
pub fn split_first(path: &str) -> (&str, Option<&str>) {
    // Searches byte by byte, which is fast because segments are short.
    let slash = path.bytes().position(|byte| byte == b'/');
    slash.and_then(|at| path.split_at_checked(at)).map_or((path, None), |(first, rest)| (first, rest.get(1..)))
}

/// Whether `{*rest}` matches the rest of a path: one or more segments, of which only the last may be empty.
#[inline]
pub fn fits_rest(rest: &str) -> bool {
    !rest.starts_with('/') && !rest.contains("//")
}

/// Whether some path matches both templates.
pub fn overlaps(one: &str, other: &str) -> bool {
    let (mut one, mut other) = (one.split('/'), other.split('/'));
    loop {
        match (one.next().map(Segment::of_template), other.next().map(Segment::of_template)) {
            (None, None) | (Some(Segment::Rest), Some(_)) | (Some(_), Some(Segment::Rest)) => return true,
            (None, Some(_)) | (Some(_), None) => return false,
            (Some(Segment::Literal(one)), Some(Segment::Literal(other))) if one != other => return false,
            (Some(_), Some(_)) => {}
        }
    }
}

/// A template without the names of its parameters: equal for two templates that match the same paths, as `/orders/{id}`
/// and `/orders/{number}` do.
pub fn without_names(template: &str) -> Cow<'_, str> {
    if !template.contains('{') {
        return Cow::Borrowed(template);
    }
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, parameter)) = rest.split_once('{') {
        text.push_str(before);
        text.push('{');
        if let Some(after) = parameter.strip_prefix('{') {
            // `{{` is a literal brace, and the text after it is not a name.
            text.push('{');
            rest = after;
        } else {
            text.push_str(if parameter.starts_with('*') { "*" } else { "" });
            rest = parameter.split_once('}').map_or("", |(_, after)| after);
        }
    }
    text.push_str(rest);
    Cow::Owned(text)
}

/// Each ending of a template that is a template itself: `/a/{b}`, then `/{b}`.
pub fn endings(template: &str) -> impl Iterator<Item = &str> {
    template.match_indices('/').filter_map(|(at, _)| template.get(at..))
}

/// Whether a decoded path stays below the folder that it is joined to. No segment is empty, `.` or `..`, and none has a
/// backslash, a colon, a control character or `%`. A `%` would mean that the path was encoded twice.
pub fn stays_below(decoded_path: &str) -> bool {
    let is_clean = |segment: &str| {
        let is_wrong = |character: char| character.is_control() || matches!(character, '\\' | '%' | ':');
        !segment.is_empty() && !is_dot_segment(segment) && !segment.chars().any(is_wrong)
    };
    decoded_path.split('/').all(is_clean)
}

/// Whether clients and servers resolve this segment, as they do `.` and `..` (RFC 3986 section 3.3).
pub(crate) fn is_dot_segment(segment: &str) -> bool {
    matches!(segment, "." | "..")
}

/// Whether a declared path may have this character in a literal segment: visible ASCII that every server reads in the
/// same way and that has no special meaning in a template.
pub(crate) const fn is_literal_char(character: char) -> bool {
    character.is_ascii_alphanumeric()
        || matches!(character, '-' | '.' | '_' | '~' | '!' | '&' | '\'' | '+' | ',' | '=' | ':' | '@')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn templates_overlap_if_they_have_a_path_in_common() {
        for (one, other) in [
            ("/a", "/a"),
            ("/a/{b}", "/{a}/b"),
            ("/a/{*b}", "/a/b/c"),
            ("/{*a}", "/b"),
            ("/a/b/{c}", "/{*x}"),
            ("/a.{x}", "/b"),
        ] {
            assert!(overlaps(one, other) && overlaps(other, one), "{one} {other}");
        }
        for (one, other) in
            [("/a", "/b"), ("/a", "/a/b"), ("/a/{b}", "/b/{b}"), ("/a/{*b}", "/a"), ("/{a}", "/{a}/{b}")]
        {
            assert!(!overlaps(one, other) && !overlaps(other, one), "{one} {other}");
        }
    }

    #[test]
    fn templates_are_compared_by_what_they_match() {
        assert_eq!(without_names("/orders/{id}"), without_names("/orders/{number}"));
        assert_eq!(without_names("/f/{*path}"), without_names("/f/{*rest}"));
        assert_ne!(without_names("/f/{*path}"), without_names("/f/{path}"));
        assert_ne!(without_names("/{{a}}"), without_names("/{{b}}"));
        assert_ne!(without_names("/{a}/b"), without_names("/{a}/c"));
        assert_eq!(without_names("/a.{x}"), without_names("/a.{y}"));
        assert_eq!(without_names("/a"), "/a");
    }

    #[test]
    fn a_template_has_an_ending_for_each_slash() {
        assert_eq!(endings("/v1/orders/{id}").collect::<Vec<_>>(), ["/v1/orders/{id}", "/orders/{id}", "/{id}"]);
        assert_eq!(endings("/v1/").collect::<Vec<_>>(), ["/v1/", "/"]);
    }

    #[test]
    fn a_path_is_taken_apart() {
        assert_eq!(split_first("a/b/c"), ("a", Some("b/c")));
        assert_eq!((split_first("a"), split_first("a/"), split_first("")), (("a", None), ("a", Some("")), ("", None)));
        let all: Vec<_> = segments("/a/{b}/c.{d}/{*e}").collect();
        assert_eq!(all, [Segment::Literal("a"), Segment::Parameter, Segment::Parameter, Segment::Rest]);
        assert_eq!(segments("/").collect::<Vec<_>>(), [Segment::Literal("")]);
        assert!(fits_rest("a/b/") && fits_rest("") && !fits_rest("/a") && !fits_rest("a//b"));
    }

    // EXC-09
    #[test]
    fn a_path_that_leaves_a_folder_is_refused() {
        for path in ["a", "a/b.css", "a.b/c-d_e~f", "ü/é", "..a/b..", "a b"] {
            assert!(stays_below(path), "{path}");
        }
        for path in ["", "/", "/a", "a/", "a//b", "..", ".", "../a", "a/../b", "a/..", "./a"] {
            assert!(!stays_below(path), "{path}");
        }
        for path in ["%2e%2e/a", "a%2fb", "a%5cb", "a%00", "a\\b", "a\0b", "c:/windows", "a\nb"] {
            assert!(!stays_below(path), "{path}");
        }
    }

    proptest! {
        #[test]
        fn a_renamed_template_overlaps_and_has_the_same_shape(
            template in "(/([a-z]{1,3}|\\{p\\}|\\{\\{[a-z]\\}\\})){1,4}(/\\{\\*r\\})?",
        ) {
            let renamed = template.replace("/{p}", "/{other}").replace("{*r}", "{*rest}");
            prop_assert!(overlaps(&template, &renamed));
            prop_assert_eq!(without_names(&template), without_names(&renamed));
            prop_assert_eq!(segments(&template).count(), endings(&template).count());
        }

        // REL-01
        #[test]
        fn no_text_panics(one in ".*", other in ".*") {
            prop_assert_eq!(overlaps(&one, &other), overlaps(&other, &one));
            let _ = (without_names(&one), stays_below(&one), endings(&one).count());
        }
    }
}

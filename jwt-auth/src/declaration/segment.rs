//! Paths in segments, and which of them can be read in one way only.

/// One segment of what a request is looked up by.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Segment<'p> {
    Literal(&'p str),
    Parameter,
    Rest,
}

/// Whether `{*rest}` takes what is left of a path: one or more segments, of which only the last may be empty.
pub(crate) fn fits_rest(rest: &str) -> bool {
    !rest.starts_with('/') && !rest.contains("//")
}

/// The first segment, and what is behind it. Byte by byte, as segments are short.
pub(crate) fn split_first(path: &str) -> (&str, Option<&str>) {
    let slash = path.bytes().position(|byte| byte == b'/');
    slash.and_then(|at| path.split_at_checked(at)).map_or((path, None), |(first, rest)| (first, rest.get(1..)))
}

/// A segment of axum's path syntax. A parameter with text beside it is a parameter, a wildcard behind a text has more
/// than one segment; `{{` is a literal brace.
pub(crate) fn template_segment(segment: &str) -> Segment<'_> {
    // For most segments that is all.
    if !segment.contains('{') {
        Segment::Literal(segment)
    } else if segment.contains("{*") {
        Segment::Rest
    } else {
        Segment::Parameter
    }
}

/// Whether some path is of both templates.
pub(crate) fn meet(ours: &str, theirs: &str) -> bool {
    let (mut ours, mut theirs) = (ours.split('/'), theirs.split('/'));
    loop {
        match (ours.next().map(template_segment), theirs.next().map(template_segment)) {
            (None, None) | (Some(Segment::Rest), Some(_)) | (Some(_), Some(Segment::Rest)) => return true,
            (None, Some(_)) | (Some(_), None) => return false,
            (Some(Segment::Literal(ours)), Some(Segment::Literal(theirs))) if ours != theirs => return false,
            (Some(_), Some(_)) => {}
        }
    }
}

/// Nothing that one server may read differently from another: no encoding, no dot segment, no parameters, no backslash,
/// only visible ASCII. An empty segment is covered by no pattern.
pub(crate) fn is_clean(path: &str) -> bool {
    path.bytes().all(|byte| byte.is_ascii_graphic() && !b"%;\\".contains(&byte))
        && !path.split('/').any(|segment| segment == "." || segment == "..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_meet_where_they_have_a_path_in_common() {
        for (ours, theirs) in [
            ("/a", "/a"),
            ("/a/{b}", "/{a}/b"),
            ("/a/{*b}", "/a/b/c"),
            ("/{*a}", "/b"),
            ("/a/b/{c}", "/{*x}"),
            ("/a.{x}", "/b"),
        ] {
            assert!(meet(ours, theirs) && meet(theirs, ours), "{ours} {theirs}");
        }
        for (ours, theirs) in
            [("/a", "/b"), ("/a", "/a/b"), ("/a/{b}", "/b/{b}"), ("/a/{*b}", "/a"), ("/{a}", "/{a}/{b}")]
        {
            assert!(!meet(ours, theirs) && !meet(theirs, ours), "{ours} {theirs}");
        }
    }
}

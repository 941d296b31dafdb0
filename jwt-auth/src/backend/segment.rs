//! Paths in segments, and which of them can be read in one way only.

/// One segment of what a request is looked up by.
#[derive(Clone, Copy, Debug)]
pub(super) enum Segment<'p> {
    Literal(&'p str),
    Parameter,
    Rest,
}

/// Whether `{*rest}` takes the segments: one or more, of which only the last may be empty.
pub(super) fn fits_rest(segments: &[Segment<'_>]) -> bool {
    let Some((_last, before)) = segments.split_last() else { return false };
    !before.iter().any(|segment| matches!(segment, Segment::Literal("")))
}

pub(super) fn split(path: &str) -> Option<std::str::Split<'_, char>> {
    Some(path.strip_prefix('/')?.split('/'))
}

/// A segment of axum's path syntax. A parameter with text beside it is a parameter, a wildcard behind a text has more
/// than one segment; `{{` is a literal brace.
pub(super) fn template_segment(segment: &str) -> Segment<'_> {
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
pub(super) fn is_clean(path: &str) -> bool {
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

//! A second implementation of patterns, which shares no code with the guard. It is slow and simple, and knows only concrete
//! paths. [`ReferenceGuard`](crate::web::differential::reference_guard::ReferenceGuard) uses it to decide about requests.

/// The parts of a request that a guard looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SeenRequest {
    pub(crate) method: String,
    pub(crate) path: String,
    /// The template that axum matched, without the prefixes of outer routers.
    pub(crate) template: Option<String>,
    /// Whether a layer has dropped the extensions.
    pub(crate) is_lost: bool,
}

/// Whether a pattern opens one concrete path, segment by segment.
fn matches(pattern: &[&str], path: &[&str]) -> bool {
    match (pattern, path) {
        ([], []) => true,
        ([rest], [before @ .., _last]) if rest.starts_with("{*") => before.iter().all(|segment| !segment.is_empty()),
        ([first, pattern @ ..], [segment, path @ ..]) => {
            let is_one =
                if first.starts_with('{') { !segment.is_empty() && !segment.contains('%') } else { first == segment };
            is_one && matches(pattern, path)
        }
        _ => false,
    }
}

fn segments(path: &str) -> Vec<&str> {
    path.split('/').collect()
}

/// The path of a pattern, if the pattern covers the method. The handler of GET also answers HEAD.
fn path_for<'p>(pattern: &'p str, method: &str) -> Option<&'p str> {
    match pattern.split_once(' ') {
        None => Some(pattern),
        Some((methods, path)) => {
            let takes = |method| methods.split('|').any(|known| known == method);
            (takes(method) || (method == "HEAD" && takes("GET"))).then_some(path)
        }
    }
}

/// Whether some pattern opens this concrete path.
pub(crate) fn opens_path(patterns: &[&str], method: &str, path: &str) -> bool {
    let mut paths = patterns.iter().filter_map(|pattern| path_for(pattern, method));
    paths.any(|pattern| matches(&segments(pattern), &segments(path)))
}

/// Whether one pattern opens every path of a route. It tries the paths of [`examples`].
pub(crate) fn opens_route(patterns: &[&str], method: &str, template: &str) -> bool {
    patterns.iter().any(|pattern| {
        let opens = |path: &String| opens_path(&[pattern], method, path);
        examples(template).iter().all(opens)
    })
}

/// Paths of a route. The values of parameters are words that no pattern contains. Each `{*rest}` is filled with one, two and
/// three segments, with and without a trailing slash.
pub(crate) fn examples(template: &str) -> Vec<String> {
    let mut paths = vec![String::new()];
    for segment in template.split('/').skip(1) {
        let filled: Vec<String> = match (segment.find('{'), segment.find("{{")) {
            (None, _) => vec![segment.to_owned()],
            (Some(_), Some(_)) => vec![segment.replace("{{", "{").replace("}}", "}")],
            (Some(start), None) => {
                let (before, parameter) = segment.split_at(start);
                let (parameter, after) = parameter.split_once('}').unwrap_or((parameter, ""));
                let values: &[&str] = if parameter.starts_with("{*") {
                    &["zq1", "zq2/", "zq3/zq4", "zq3/zq4/", "zq5/zq6/zq7"]
                } else {
                    &["zq8", "zq9"]
                };
                values.iter().map(|value| format!("{before}{value}{after}")).collect()
            }
        };
        paths = paths.iter().flat_map(|path| filled.iter().map(move |filled| format!("{path}/{filled}"))).collect();
    }
    paths
}

/// Whether the path has nothing that another server could interpret differently.
pub(crate) fn is_clean(path: &str) -> bool {
    path.chars().all(|character| character.is_ascii_graphic() && !";\\".contains(character))
        && path.split('/').skip(1).all(is_clean_segment)
}

/// Whether the segment decodes to one segment, in one way.
fn is_clean_segment(segment: &str) -> bool {
    let are_digits = |after: &str| after.chars().take(2).filter(char::is_ascii_hexdigit).count() == 2;
    let is_well_formed = segment.split('%').skip(1).all(are_digits);
    let Ok(decoded) = percent_encoding::percent_decode_str(segment).decode_utf8() else { return false };
    let is_special = |character: char| {
        let number = u32::from(character);
        // Controls; full-width and small forms of ASCII; dot leaders; fractions of letters.
        number < 32
            || (127..160).contains(&number)
            || "/\\%;?#".contains(character)
            || (0xff00..=0xff5e).contains(&number)
            || (0xfe50..=0xfe6f).contains(&number)
            || (0x2024..=0x2026).contains(&number)
            || (0x2100..=0x2106).contains(&number)
    };
    is_well_formed && decoded != "." && decoded != ".." && !decoded.contains(is_special)
}

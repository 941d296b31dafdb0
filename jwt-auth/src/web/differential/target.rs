//! Random request targets: paths that match a route, and the variations that an attacker would send.

use crate::web::differential::random::Random;
use crate::web::differential::reference_patterns::examples;
use crate::web::differential::shape::{Place, template};

const METHODS: &[&str] =
    &["GET", "GET", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "FOO", "get"];

pub(crate) fn method(random: &mut Random) -> &'static str {
    random.pick(METHODS)
}

pub(crate) fn target(random: &mut Random, places: &[Place], patterns: &[&str]) -> String {
    let mut path = path(random, places, patterns);
    for _ in 0..random.below(3) {
        path = twisted(random, &path);
    }
    match random.below(16) {
        0 => format!("http://test{path}"),
        1 => format!("{path}?/open&a=/a"),
        2 => format!("{path}?"),
        _ => path,
    }
}

/// A path that matches a route or a pattern, a path below a service, or one that matches nothing.
fn path(random: &mut Random, places: &[Place], patterns: &[&str]) -> String {
    let template = match random.below(8) {
        0..=3 if !places.is_empty() => match &places[random.below(places.len())] {
            Place::Route(template) => template.clone(),
            Place::Service(prefix) => format!("{prefix}{}", random.pick(&["", "/", "/in", "/{*rest}", "/a/b"])),
            Place::Fallback => template(random, false),
        },
        4..=6 if !patterns.is_empty() => {
            let pattern = random.pick(patterns);
            pattern.split_once(' ').map_or(pattern, |(_, path)| path).to_owned()
        }
        _ => template(random, false),
    };
    let all = examples(&template);
    all[random.below(all.len())].clone()
}

/// Another spelling of the path, or a path that is nearly the same.
fn twisted(random: &mut Random, path: &str) -> String {
    let mut characters: Vec<char> = path.chars().collect();
    let at = random.below(characters.len().max(1));
    match random.below(14) {
        0 if at < characters.len() => {
            let encoded = format!("%{:02x}", characters[at] as u32);
            characters.splice(at..=at, encoded.chars());
            characters.into_iter().collect()
        }
        1 => path.replacen('/', "//", 1 + random.below(2)),
        2 => format!("{path}/"),
        3 => path.trim_end_matches('/').to_owned(),
        4 => format!("{path}{}", random.pick(&["/.", "/..", "/../a", "/%2e%2e/a", "/%2E", "/..%2fa"])),
        5 => format!("{}{path}", random.pick(&["/.", "/x/..", "/%2e%2e", "/", "//", "/open/.."])),
        6 => format!("{path}{}", random.pick(&[";", ";a=b", "%3b", "%00", "%20", "%0a", "\\a", "%5c", "%2f", "%25"])),
        7 => path.to_uppercase(),
        8 => path.to_lowercase(),
        9 => format!("{path}{}", random.pick(&["ü", "%c3%bc", "%ff", "é/a", "\u{ff0f}a"])),
        10 => path.replace('a', "%61"),
        11 => path.rsplit_once('/').map_or_else(String::new, |(before, _)| before.to_owned()),
        12 => path.replace("zq", random.pick(&["open", "a", "", "{p0}", "{*rest}", "*", ":id"])),
        _ => path.to_owned(),
    }
}

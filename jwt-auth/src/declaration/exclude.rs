//! Which requests need no authentication. Decided on the route that axum matched, never on a string of our own.
//!
//! A pattern covers a route template when it covers every path of it: a literal segment covers the same literal,
//! `{x}` covers one segment that is not empty, `{*rest}` covers one or more segments, of which the last may be empty
//! (so `/docs/{*rest}` covers `/docs/`, and not `/docs`).

use std::collections::HashMap;

use http::Method;

use crate::declaration::methods::Methods;
use crate::declaration::segment::{Segment, fits_rest, is_clean, meet, split_first, template_segment};
use crate::declaration::spec::Pattern;

/// The exclude list of a backend as a tree of segments: a look-up costs what the path is long, not what the list is.
#[derive(Debug, Default)]
pub(crate) struct ExcludeSet {
    root: Node,
    patterns: Vec<Pattern>,
}

#[derive(Debug, Default)]
struct Node {
    literal: HashMap<&'static str, Node>,
    parameter: Option<Box<Node>>,
    /// Patterns that end here.
    end: Methods,
    /// Patterns that end here in `{*rest}`.
    rest: Methods,
}

impl ExcludeSet {
    pub(crate) fn new(patterns: impl IntoIterator<Item = Pattern>) -> Self {
        let mut set = Self::default();
        for pattern in patterns {
            set.insert(&pattern);
            set.patterns.push(pattern);
        }
        set
    }

    pub(crate) fn patterns(&self) -> &[Pattern] {
        &self.patterns
    }

    fn insert(&mut self, pattern: &Pattern) {
        let mut node = &mut self.root;
        for segment in pattern.path.strip_prefix('/').unwrap_or(pattern.path).split('/') {
            match template_segment(segment) {
                Segment::Literal(text) => node = node.literal.entry(text).or_default(),
                Segment::Parameter => node = node.parameter.get_or_insert_default(),
                Segment::Rest => {
                    node.rest.add(&pattern.methods);
                    return;
                }
            }
        }
        node.end.add(&pattern.methods);
    }

    /// Whether a request is open: by the template that axum matched, or, where it matched none (below `nest_service`
    /// and for fallbacks), by the raw path, undecoded, and only where that is clean.
    pub(crate) fn is_open(&self, method: &Method, template: Option<&str>, raw_path: &str) -> bool {
        match template {
            Some(template) => self.covers_template(method, template),
            None => is_clean(raw_path) && self.covers(method, raw_path, Segment::Literal),
        }
    }

    /// Whether every path of a route template is open to `method`.
    pub(crate) fn covers_template(&self, method: &Method, template: &str) -> bool {
        self.covers(method, template, template_segment)
    }

    fn covers<'p>(&self, method: &Method, path: &'p str, segment: fn(&'p str) -> Segment<'p>) -> bool {
        !self.patterns.is_empty() && path.strip_prefix('/').is_some_and(|path| self.root.covers(method, path, segment))
    }
}

impl Node {
    fn covers<'p>(&self, method: &Method, path: &'p str, segment: fn(&'p str) -> Segment<'p>) -> bool {
        if self.rest.contains(method) && fits_rest(path) {
            return true;
        }
        let (first, others) = split_first(path);
        let covers = |node: &Self| match others {
            Some(others) => node.covers(method, others, segment),
            None => node.end.contains(method),
        };
        match segment(first) {
            Segment::Rest => false,
            Segment::Parameter => self.parameter.as_deref().is_some_and(covers),
            Segment::Literal(text) => {
                self.literal.get(text).is_some_and(covers)
                    || (!text.is_empty() && self.parameter.as_deref().is_some_and(covers))
            }
        }
    }
}

impl Pattern {
    /// Whether this pattern alone opens every path of a route.
    pub(crate) fn covers(&self, method: &str, template: &str) -> bool {
        let method = Method::from_bytes(method.as_bytes());
        method.is_ok_and(|method| ExcludeSet::new([self.clone()]).covers_template(&method, template))
    }

    pub(crate) fn meets(&self, template: &str) -> bool {
        meet(self.path, template)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(patterns: &[&'static str]) -> ExcludeSet {
        ExcludeSet::new(patterns.iter().copied().map(Pattern::new))
    }

    fn open(patterns: &[&'static str], template: &str) -> bool {
        set(patterns).is_open(&Method::GET, Some(template), "/elsewhere")
    }

    // EXC-03
    #[test]
    fn a_literal_is_anchored_and_exact() {
        assert!(open(&["/login"], "/login"));
        for template in
            ["/users/login-bob", "/login-bob", "/login/", "/login/x", "/Login", "/", "/users/login", "/{x}", "/{*x}"]
        {
            assert!(!open(&["/login"], template), "{template}");
        }
        assert!(open(&["/"], "/") && !open(&["/"], "/x"));
    }

    // EXC-03
    #[test]
    fn a_parameter_covers_one_segment() {
        assert!(open(&["/items/{id}"], "/items/{other}"));
        assert!(open(&["/items/{id}"], "/items/new"));
        for template in ["/items", "/items/", "/items/{id}/edit", "/items/{*rest}", "/{x}/{y}"] {
            assert!(!open(&["/items/{id}"], template), "{template}");
        }
        assert!(open(&["/{a}/x", "/b/{c}"], "/b/x"));
        assert!(open(&["/b/y", "/{a}/x"], "/b/x"), "a literal that leads nowhere does not hide the parameter");
    }

    // EXC-03
    #[test]
    fn a_rest_covers_what_is_below() {
        for template in ["/docs/x", "/docs/x/y", "/docs/{a}", "/docs/{*b}", "/docs/x/{*c}", "/docs/"] {
            assert!(open(&["/docs/{*rest}"], template), "{template}");
        }
        for template in ["/docs", "/", "/doc/x", "/{*rest}", "/docs//x"] {
            assert!(!open(&["/docs/{*rest}"], template), "{template}");
        }
    }

    // EXC-04
    #[test]
    fn a_method_prefix_is_kept_and_head_follows_get() {
        let set = set(&["GET /a", "POST|PUT /b", "DELETE /a", "HEAD /c"]);
        let open = |method: Method, template| set.is_open(&method, Some(template), "");
        assert!(open(Method::GET, "/a") && open(Method::HEAD, "/a") && open(Method::DELETE, "/a"));
        assert!(!open(Method::POST, "/a") && !open(Method::OPTIONS, "/a"));
        assert!(open(Method::PUT, "/b") && !open(Method::HEAD, "/b"));
        assert!(open(Method::HEAD, "/c") && !open(Method::GET, "/c"));
    }

    // EXC-01, EXC-02
    #[test]
    fn without_a_route_only_a_clean_raw_path_decides() {
        let set = set(&["/static/{*rest}", "/health"]);
        let open = |path| set.is_open(&Method::GET, None, path);
        assert!(open("/static/a.css") && open("/health") && open("/static/a/b"));
        for path in [
            "/static/../admin",
            "/static/./a",
            "/static/%2e%2e/admin",
            "/static//a",
            "//static/a",
            "/static/a;b",
            "/static/a\\b",
            "/static",
            "/HEALTH",
            "health",
            "",
            "*",
            "/health/",
            "/static/a//",
            "/static/ü",
            "/static/a b",
            "/admin",
        ] {
            assert!(!open(path), "{path}");
        }
        assert!(!set.is_open(&Method::GET, Some("/admin"), "/health"), "a matched route decides alone");
    }

    #[test]
    fn braces_that_are_escaped_are_no_parameter_of_ours() {
        assert!(!open(&["/a"], "/{{a}}"));
    }

    proptest::proptest! {
        // REL-01
        #[test]
        fn no_path_panics(path in ".*", template in ".*") {
            let set = set(&["/a/{*rest}", "/{x}/b", "GET /{x}/{y}"]);
            let _ = set.is_open(&Method::GET, None, &path);
            let _ = set.is_open(&Method::GET, Some(&template), &path);
        }
    }
}

//! Many patterns at once.

use super::single::Pattern;
use super::tree::Tree;
use crate::method::METHODS;

/// Patterns that are looked up together.
#[derive(Debug, Default)]
pub struct PatternSet<'p> {
    tree: Tree<'p>,
    patterns: Vec<Pattern<'p>>,
}

impl<'p> PatternSet<'p> {
    /// A set of valid patterns.
    pub fn new(patterns: impl IntoIterator<Item = Pattern<'p>>) -> Self {
        let mut set = Self::default();
        for pattern in patterns {
            set.tree.insert(&pattern.methods, pattern.path);
            set.patterns.push(pattern);
        }
        set
    }

    /// The patterns, in the order in which they were given.
    pub fn patterns(&self) -> &[Pattern<'p>] {
        &self.patterns
    }

    /// Whether the patterns cover every path of a route template for a method.
    #[inline]
    pub fn covers_template(&self, method: &str, template: &str) -> bool {
        self.tree.covers_template(method, template)
    }

    /// Whether a pattern covers this raw path for a method. Always false if servers could read the path differently.
    #[inline]
    pub fn covers_path(&self, method: &str, raw_path: &str) -> bool {
        self.tree.covers_path(method, raw_path)
    }
}

/// The index of the first pattern that, together with those before it, opens every path except the root for some method.
/// This is so if one pattern has only parameters and then `{*rest}`, and if for each number of segments from 1 up to the
/// number of its parameters, another pattern without literals covers every path with that many segments.
pub fn opens_everything(patterns: &[Pattern<'_>]) -> Option<usize> {
    let opens_all = |patterns: &[Pattern<'_>], method: &str| {
        let taking = patterns.iter().filter(|pattern| pattern.takes(method));
        let open: Vec<(usize, bool)> = taking.filter_map(Pattern::parameters).collect();
        let has_length = |length: usize| {
            open.iter().any(|(count, has_rest)| if *has_rest { *count < length } else { *count == length })
        };
        open.iter().any(|(count, has_rest)| *has_rest && (1..=*count).all(has_length))
    };
    let completes = |last: &usize| {
        let up_to = patterns.get(..=*last).unwrap_or(patterns);
        METHODS.iter().any(|method| opens_all(up_to, method))
    };
    (0..patterns.len()).find(completes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn set<'p>(patterns: &[&'p str]) -> PatternSet<'p> {
        PatternSet::new(patterns.iter().copied().map(Pattern::split))
    }

    fn covers(patterns: &[&str], template: &str) -> bool {
        set(patterns).covers_template("GET", template)
    }

    // EXC-03
    #[test]
    fn a_literal_covers_itself_alone() {
        assert!(covers(&["/login"], "/login"));
        for template in
            ["/users/login-bob", "/login-bob", "/login/", "/login/x", "/Login", "/", "/users/login", "/{x}", "/{*x}"]
        {
            assert!(!covers(&["/login"], template), "{template}");
        }
        assert!(covers(&["/"], "/") && !covers(&["/"], "/x") && !covers(&[], "/"));
    }

    // EXC-03
    #[test]
    fn a_parameter_covers_one_segment() {
        assert!(covers(&["/items/{id}"], "/items/{other}"));
        assert!(covers(&["/items/{id}"], "/items/new"));
        for template in ["/items", "/items/", "/items/{id}/edit", "/items/{*rest}", "/{x}/{y}"] {
            assert!(!covers(&["/items/{id}"], template), "{template}");
        }
        assert!(covers(&["/{a}/x", "/b/{c}"], "/b/x"));
        assert!(covers(&["/b/y", "/{a}/x"], "/b/x"), "a literal that leads nowhere does not hide the parameter");
        assert!(!covers(&["/a"], "/{{a}}"), "no pattern has a literal brace");
    }

    // EXC-03
    #[test]
    fn a_rest_covers_what_is_below() {
        for template in ["/docs/x", "/docs/x/y", "/docs/{a}", "/docs/{*b}", "/docs/x/{*c}", "/docs/"] {
            assert!(covers(&["/docs/{*rest}"], template), "{template}");
        }
        for template in ["/docs", "/", "/doc/x", "/{*rest}", "/docs//x"] {
            assert!(!covers(&["/docs/{*rest}"], template), "{template}");
        }
    }

    // EXC-04
    #[test]
    fn head_follows_get() {
        let set = set(&["GET /a", "POST|PUT /b", "DELETE /a", "HEAD /c"]);
        let open = |method, template| set.covers_template(method, template);
        assert!(open("GET", "/a") && open("HEAD", "/a") && open("DELETE", "/a"));
        assert!(!open("POST", "/a") && !open("OPTIONS", "/a"));
        assert!(open("PUT", "/b") && !open("HEAD", "/b"));
        assert!(open("HEAD", "/c") && !open("GET", "/c"));
    }

    // EXC-02
    #[test]
    fn a_raw_path_is_covered_if_it_is_unambiguous() {
        let set = set(&["/static/{*rest}", "/health"]);
        for path in
            ["/static/a.css", "/health", "/static/a/b", "/static/", "/static/{*a}", "/static/a%20b/c", "/static/%61"]
        {
            assert!(set.covers_path("GET", path), "{path}");
        }
        for path in ["/static/../admin", "/static/%2e%2e/admin", "/static//a", "//static/a", "/static/a;b", "/static"] {
            assert!(!set.covers_path("GET", path), "{path}");
        }
        for path in
            ["/he%61lth", "/st%61tic/a", "/static/%2e", "/static/a%2fb", "/static/%c0%ae%c0%ae/a", "/static/%252e%252e"]
        {
            assert!(!set.covers_path("GET", path), "{path}");
        }
        for path in ["/static/./a", "/HEALTH", "health", "", "*", "/health/", "/static/a//", "/static/ü", "/admin"] {
            assert!(!set.covers_path("GET", path), "{path}");
        }
    }

    // EXC-05
    #[test]
    fn a_list_that_opens_everything_is_recognised() {
        let completes =
            |texts: &[&'static str]| opens_everything(&texts.iter().copied().map(Pattern::split).collect::<Vec<_>>());
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

    fn pattern() -> impl Strategy<Value = String> {
        "((GET|POST|HEAD) )?(/([ab]|\\{x\\})){1,3}(/\\{\\*r\\})?"
    }

    proptest! {
        #[test]
        fn a_set_covers_what_one_of_its_patterns_covers(
            texts in proptest::collection::vec(pattern(), 0..4),
            method in "GET|POST|HEAD|PUT",
            template in "(/([abc]|\\{y\\})?){1,4}(/\\{\\*s\\})?",
        ) {
            let patterns: Vec<Pattern<'_>> = texts.iter().map(|text| Pattern::split(text)).collect();
            let one_does = patterns.iter().any(|pattern| pattern.covers_template(&method, &template));
            prop_assert_eq!(PatternSet::new(patterns).covers_template(&method, &template), one_does);
        }

        #[test]
        fn what_is_covered_overlaps_and_covering_is_transitive(one in pattern(), two in pattern(), three in pattern()) {
            let (one, two, three) = (Pattern::split(&one), Pattern::split(&two), Pattern::split(&three));
            prop_assert!(one.covers(&one));
            prop_assert!(!one.covers(&two) || one.overlaps(two.path));
            prop_assert!(!(one.covers(&two) && two.covers(&three)) || one.covers(&three));
        }

        // REL-01
        #[test]
        fn no_path_panics(path in ".*") {
            let set = set(&["/a/{*rest}", "/{x}/b", "GET /{x}/{y}"]);
            let _ = (set.covers_path("GET", &path), set.covers_template("GET", &path));
        }
    }
}

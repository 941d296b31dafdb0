//! Which requests need no authentication. The route that the router matched decides; the path is not matched a second time.
//! How a pattern covers a route is in the crate `jwt-auth-grammar`, folder `pattern`.

use http::Method;
use jwt_auth_grammar::pattern::Pattern;
use jwt_auth_grammar::pattern::PatternSet;

/// The patterns of `exclude` and the paths of the mounted endpoints.
#[derive(Debug)]
pub(crate) struct ExcludeSet(PatternSet<'static>);

impl ExcludeSet {
    pub(crate) fn new(patterns: impl IntoIterator<Item = Pattern<'static>>) -> Self {
        Self(PatternSet::new(patterns))
    }

    /// The patterns in the order in which they were given.
    pub(crate) fn patterns(&self) -> &[Pattern<'static>] {
        self.0.patterns()
    }

    /// Whether the request is open. Without a matched route the raw path decides. A path that can be read in more than
    /// one way is not open.
    pub(crate) fn is_open(&self, method: &Method, template: Option<&str>, raw_path: &str) -> bool {
        match template {
            Some(template) => self.covers_template(method, template),
            None => self.0.covers_path(method.as_str(), raw_path),
        }
    }

    /// Whether a pattern covers every path of the template.
    pub(crate) fn covers_template(&self, method: &Method, template: &str) -> bool {
        self.0.covers_template(method.as_str(), template)
    }
}

/// Whether a path that a wildcard captured stays below the folder it is joined to. It must be segments joined by `/`.
/// No segment may be empty, `.` or `..`, and none may contain a backslash, a colon, a control character, or a `%`,
/// which would mean that the path was encoded twice.
///
/// A wildcard route that `exclude` opens is open for every path that it matches, and axum passes the path on unchecked:
///
/// ```
/// use axum::extract::Path;
/// use axum::http::StatusCode;
/// use jwt_auth::guard::is_clean_path;
///
/// async fn file(Path(path): Path<String>) -> Result<String, StatusCode> {
///     if !is_clean_path(&path) {
///         return Err(StatusCode::NOT_FOUND);
///     }
///     Ok(format!("public/{path}"))
/// }
/// # assert!(is_clean_path("css/app.css") && !is_clean_path("../secret"));
/// ```
pub fn is_clean_path(path: &str) -> bool {
    jwt_auth_grammar::path::stays_below(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(patterns: &[&'static str]) -> ExcludeSet {
        ExcludeSet::new(patterns.iter().copied().map(Pattern::split))
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

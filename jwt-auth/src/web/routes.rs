//! The routes of a router, as far as axum tells them: it has no list of them but in its `Debug` text. Nothing is
//! enforced by this. Where the text is not as expected nothing is known, and the check that reads it is left out.

#[cfg(any(feature = "openapi", feature = "testing"))]
use jwt_auth_grammar::path::without_names;
use jwt_auth_grammar::pattern::Pattern;

/// What axum puts behind the prefix of `nest_service`.
const SERVICE_TAIL: &str = "{*__private__axum_nest_tail_param}";

/// Every route template of a router, and whether requests that match none can reach a handler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Routes {
    /// With the prefixes of nests; behind the prefix of a service stands `{*rest}`.
    pub(crate) templates: Vec<Template>,
    pub(crate) has_fallback: bool,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Template {
    pub(crate) path: String,
    /// Whether a service decides what is below, so that patterns are compared with the path of a request.
    pub(crate) is_service: bool,
}

impl Routes {
    pub(crate) fn of(router: &axum::Router) -> Option<Self> {
        let text = format!("{router:?}");
        let (path_router, rest) = text.split_once(", fallback_router: PathRouter {")?;
        let (fallback_router, rest) = rest.split_once(", default_fallback: ")?;
        let mut templates: Vec<Template> = paths(path_router)?.into_iter().map(Template::new).collect();
        templates.sort();
        // A router without a fallback of its own has two of axum's: `/` and everything else.
        let has_fallback = !rest.starts_with("true") || paths(fallback_router)?.len() != 2;
        Some(Self { templates, has_fallback })
    }
}

impl Routes {
    /// Whether a pattern opens a route, a path below a service, or can open a path that a fallback answers. The
    /// methods of routes are not told, so they are not compared.
    pub(crate) fn are_reached_by(&self, pattern: &Pattern<'_>) -> bool {
        let method = pattern.methods.first().copied().unwrap_or("GET");
        let reached = |template: &Template| {
            pattern.covers_template(method, &template.path) || (template.is_service && pattern.overlaps(&template.path))
        };
        self.has_fallback || self.templates.iter().any(reached)
    }
}

#[cfg(feature = "testing")]
impl Routes {
    /// Whether a route has this path or, where it is a template, is written so.
    pub(crate) fn have(&self, path: &str) -> bool {
        let path = path.split('?').next().unwrap_or_default();
        let is_template = path.contains('{');
        self.templates.iter().any(|template| {
            without_names(path) == without_names(&template.path)
                || (!is_template && jwt_auth_grammar::path::overlaps(path, &template.path))
        })
    }
}

#[cfg(feature = "openapi")]
impl Routes {
    /// Whether a route is written so, whatever its parameters are called. A service decides below itself.
    pub(crate) fn have_template(&self, path: &str) -> bool {
        self.templates
            .iter()
            .any(|template| !template.is_service && without_names(&template.path) == without_names(path))
    }
}

impl Template {
    fn new(path: String) -> Self {
        match path.strip_suffix(SERVICE_TAIL) {
            Some(prefix) => Self { path: format!("{prefix}{{*rest}}"), is_service: true },
            None => Self { path, is_service: false },
        }
    }
}

/// The strings of `node: Node { paths: {RouteId(1): "/a", RouteId(2): "/b"} }`.
fn paths(router: &str) -> Option<Vec<String>> {
    let (_, list) = router.split_once("node: Node { paths: {")?;
    let mut paths = Vec::new();
    let mut rest = list;
    while let Some((_, quoted)) = rest.split_once(": \"") {
        let (path, after) = quoted.split_once('"')?;
        if path.contains('\\') {
            return None;
        }
        paths.push(path.to_owned());
        rest = after;
    }
    Some(paths)
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::routing::{any, get};

    use super::*;

    fn templates(router: &Router) -> Vec<String> {
        Routes::of(router).unwrap().templates.into_iter().map(|template| template.path).collect()
    }

    #[test]
    fn every_route_is_told_with_its_prefixes() {
        let inner = Router::new().route("/", get(|| async {})).route("/u/{id}", any(|| async {}));
        let router = Router::new()
            .route("/a", get(|| async {}).post(|| async {}))
            .nest("/api", inner.clone())
            .merge(Router::new().route("/m", get(|| async {})))
            .nest_service("/static", inner);
        assert_eq!(templates(&router), ["/a", "/api", "/api/u/{id}", "/m", "/static", "/static/", "/static/{*rest}"]);
        assert!(Routes::of(&router).unwrap().templates.iter().any(|template| template.is_service));
        assert!(templates(&Router::new()).is_empty());
    }

    #[test]
    fn a_fallback_of_ones_own_is_told() {
        let has_fallback = |router: Router| Routes::of(&router).unwrap().has_fallback;
        assert!(!has_fallback(Router::new()));
        assert!(!has_fallback(Router::new().route("/a", get(|| async {})).nest("/b", Router::new())));
        assert!(has_fallback(Router::new().fallback(|| async {})));
        assert!(has_fallback(Router::new().nest("/b", Router::new().fallback(|| async {}))));
        assert!(has_fallback(Router::new().merge(Router::new().fallback(|| async {}))));
    }

    // EXC-05
    #[test]
    fn a_pattern_reaches_a_route_a_service_or_a_fallback() {
        let reached = |router: &Router, pattern| Routes::of(router).unwrap().are_reached_by(&Pattern::split(pattern));
        let router = Router::new().route("/a/{id}", get(|| async {})).nest_service("/static", Router::new());
        for pattern in ["/a/{x}", "GET|POST /a/{x}", "POST /a/{x}", "/static/app.css", "/static/{*rest}", "/static"] {
            assert!(reached(&router, pattern), "{pattern}");
        }
        for pattern in ["/a", "/a/1", "/b/{x}", "/statics", "/"] {
            assert!(!reached(&router, pattern), "{pattern}");
            assert!(reached(&router.clone().fallback(|| async {}), pattern), "{pattern}");
        }
    }

    #[test]
    fn a_path_that_cannot_be_read_makes_everything_unknown() {
        assert_eq!(Routes::of(&Router::new().route("/a\"b", get(|| async {}))), None);
    }
}

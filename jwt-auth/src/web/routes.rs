//! Reads the routes of a router from its `Debug` text, the only place where axum lists them. The guard does not rely on
//! this list. Only checks and warnings use it, and they are left out if the text is not in the expected form.

#[cfg(any(feature = "openapi", feature = "testing"))]
use jwt_auth_grammar::path::without_names;
use jwt_auth_grammar::pattern::Pattern;

/// The text that axum appends to the prefix of a `nest_service`.
const SERVICE_TAIL: &str = "{*__private__axum_nest_tail_param}";

/// The route templates of a router, and whether a request that matches none of them can reach a handler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Routes {
    /// The templates with the prefixes of their nests. The template of a service ends in `{*rest}`.
    pub(crate) templates: Vec<Template>,
    pub(crate) has_fallback: bool,
}

/// A route template.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Template {
    pub(crate) path: String,
    /// Whether a service (`nest_service`) answers below this path. The guard then compares patterns with the path of the request.
    pub(crate) is_service: bool,
}

impl Routes {
    /// As [`of`](Self::of), and logs a warning if the routes cannot be read.
    pub(crate) fn read(router: &axum::Router) -> Option<Self> {
        let routes = Self::of(router);
        if routes.is_none() {
            tracing::warn!(
                target: "jwt_auth",
                "the routes of this router cannot be read, so `exclude` and the document are not compared with them; the guard covers every route all the same"
            );
        }
        routes
    }

    /// `None` if the text is not in the expected form.
    pub(crate) fn of(router: &axum::Router) -> Option<Self> {
        let text = format!("{router:?}");
        let (path_router, rest) = text.split_once(", fallback_router: PathRouter {")?;
        let (fallback_router, rest) = rest.split_once(", default_fallback: ")?;
        let mut templates: Vec<Template> = paths(path_router)?.into_iter().map(Template::new).collect();
        templates.sort();
        // A router without its own fallback has two routes of axum's default fallback: `/` and everything else.
        let has_fallback = !rest.starts_with("true") || paths(fallback_router)?.len() != 2;
        Some(Self { templates, has_fallback })
    }
}

impl Routes {
    /// Whether a pattern opens a route or a path below a service, or may open a path that a fallback answers. Methods are not
    /// compared, because the `Debug` text does not contain them.
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
    /// Whether a route matches this path. A path with `{` is compared as a template, without the names of parameters.
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
    /// Whether a route has this template. Names of parameters are not compared. The template of a service does not count, because
    /// the service itself decides which paths exist.
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

/// Reads the strings of `node: Node { paths: {RouteId(1): "/a", RouteId(2): "/b"} }`. `None` if one has an escape.
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
    fn every_route_is_listed_with_its_prefixes() {
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
    fn a_custom_fallback_is_found() {
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
    fn a_path_with_an_escape_makes_the_list_unknown() {
        assert_eq!(Routes::of(&Router::new().route("/a\"b", get(|| async {}))), None);
    }
}

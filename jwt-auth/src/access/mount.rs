//! A protected router that is nested below a prefix of an outer router. axum then puts the prefix, or a part of it,
//! before the templates that the inner router matches, but patterns, document and access map use the inner router's own
//! templates. So nothing is open there, and the scopes of a template are looked up without the prefix.

use http::Uri;

use jwt_auth_grammar::path::{endings, overlaps};

/// A request extension: the request came through a prefix of an outer router.
#[derive(Clone, Debug)]
pub(crate) struct Mount {
    /// The URI that the protected router received, without the prefix.
    pub(crate) uri: Uri,
}

impl Mount {
    /// The templates that the inner router may have declared: each ending of the matched template that covers the
    /// request's path. How much of the prefix axum adds depends on how the routers are composed, so the path decides.
    /// If several endings cover the path, all of them count. If none does, every ending counts.
    pub(crate) fn inner_templates<'t>(&self, template: &'t str) -> impl Iterator<Item = &'t str> {
        let covers = |inner: &&str| overlaps(inner, self.uri.path());
        let is_covered = endings(template).any(|inner| covers(&inner));
        endings(template).filter(move |inner| !is_covered || covers(inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // EXC-01, D3
    #[test]
    fn the_endings_that_cover_the_path_remain() {
        let inner = |path: &str, template: &'static str| -> Vec<&str> {
            Mount { uri: path.parse().unwrap() }.inner_templates(template).collect()
        };
        assert_eq!(inner("/orders/7", "/v1/orders/{id}"), ["/orders/{id}"]);
        assert_eq!(inner("/orders/7", "/orders/{id}"), ["/orders/{id}"]);
        assert_eq!(inner("/", "/v1/"), ["/"]);
        assert_eq!(inner("/", "/"), ["/"]);
        assert_eq!(inner("/orders", "/a/{tenant}/orders"), ["/orders"]);
        assert_eq!(inner("/files/a/b", "/v1/files/{*rest}"), ["/files/{*rest}", "/{*rest}"]);
        assert_eq!(inner("/orders", "/v1/order"), ["/v1/order", "/order"], "nothing fits, so each counts");
    }
}

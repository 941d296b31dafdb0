//! A protected router below a prefix of an outer one. axum then writes the prefix, or a part of it, before the templates that
//! the inner router matches, while patterns, document and access map speak of the inner router's own routes. So nothing is
//! open there, and the scopes of a template are looked up without the prefix.

use http::Uri;

use jwt_auth_grammar::path::{endings, overlaps};

/// Marks a request that came through a prefix of an outer router.
#[derive(Clone, Debug)]
pub(crate) struct Mount {
    /// The URI as it came to the protected router, without the prefix.
    pub(crate) uri: Uri,
}

impl Mount {
    /// The templates that the inner router may have declared: every ending of the matched template that covers the
    /// request's path. How much of the prefix axum writes depends on how the routers are composed, so the path decides.
    /// Where several endings fit, all of them count.
    /// Where none fits, all of them are resolved.
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
    fn what_covers_the_path_is_left_of_a_template() {
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

//! A protected router below a prefix of an outer one. axum then writes the prefix into the templates that the inner
//! router matches, while patterns, document and access map speak of the inner router's own routes. So nothing is open
//! there, and scopes are looked up under both readings of the template.

use axum::extract::{NestedPath, OriginalUri};

/// Marks a request that came through a prefix of an outer router.
#[derive(Clone, Debug)]
pub(super) struct Mount {
    /// The prefix as axum tells it; empty where something else than axum removed it.
    prefix: String,
}

impl Mount {
    /// `None` where the router is served, or stands beside others, without a prefix.
    pub(super) fn of<B>(request: &http::Request<B>) -> Option<Self> {
        let nested = request.extensions().get::<NestedPath>();
        let original = request.extensions().get::<OriginalUri>();
        let is_stripped = original.is_some_and(|original| original.0.path() != request.uri().path());
        let prefix = nested.map(|nested| nested.as_str().trim_end_matches('/').to_owned());
        prefix.or_else(|| is_stripped.then(String::new)).map(|prefix| Self { prefix })
    }

    /// The template as the inner router declares it, if axum wrote the prefix before it.
    pub(super) fn inner_template<'t>(&self, template: &'t str) -> Option<&'t str> {
        template.strip_prefix(self.prefix.as_str()).filter(|inner| inner.starts_with('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // EXC-01
    #[test]
    fn a_prefix_is_taken_off_where_it_stands() {
        let inner = |prefix: &str, template: &'static str| Mount { prefix: prefix.into() }.inner_template(template);
        assert_eq!(inner("/v1", "/v1/orders/{id}"), Some("/orders/{id}"));
        assert_eq!(inner("/v1", "/v1/"), Some("/"));
        assert_eq!(inner("", "/orders"), Some("/orders"));
        assert_eq!((inner("/v1", "/v1"), inner("/v1", "/v10/orders"), inner("/v1", "/orders")), (None, None, None));
    }
}

//! The decisions of the guard, without any input or output.

use http::Method;

use super::mount::Mount;
use super::operations::Operations;
use crate::backend::ExcludeSet;
use crate::token::Token;

/// What the guard does with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision<'g> {
    /// Let it pass; extractors authenticate where a handler asks.
    Open,
    /// Authenticate it, and demand these scopes.
    Authenticate { scopes: [&'g [String]; 2] },
}

/// Decides on the route that axum matched. Any doubt means "authenticate".
pub(super) fn decide<'g>(
    exclude: &ExcludeSet,
    operations: &'g Operations,
    method: &Method,
    template: Option<&str>,
    raw_path: &str,
    mount: Option<&Mount>,
) -> Decision<'g> {
    if mount.is_none() && exclude.is_open(method, template, raw_path) {
        return Decision::Open;
    }
    let documented = |template: &str| operations.scopes(method, template).unwrap_or_default();
    let inner = template.and_then(|template| mount?.inner_template(template));
    Decision::Authenticate { scopes: [template.map_or(&[][..], documented), inner.map_or(&[][..], documented)] }
}

/// The first of the demanded scopes that the token lacks.
pub(super) fn lacking<'s>(token: &Token, demanded: [&'s [String]; 2]) -> Option<&'s str> {
    demanded.into_iter().flatten().map(String::as_str).find(|scope| !token.has_scope(scope))
}

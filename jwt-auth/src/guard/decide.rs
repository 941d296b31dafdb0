//! The decisions of the guard, without any input or output.

use http::Method;

use super::operations::Operations;
use crate::backend::ExcludeSet;
use crate::token::Token;

/// What the guard does with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision<'g> {
    /// Let it pass; extractors authenticate where a handler asks.
    Open,
    /// Authenticate it, and demand these scopes.
    Authenticate { scopes: &'g [String] },
}

/// Decides on the route that axum matched. Any doubt means "authenticate".
pub(super) fn decide<'g>(
    exclude: &ExcludeSet,
    operations: &'g Operations,
    method: &Method,
    template: Option<&str>,
    raw_path: &str,
) -> Decision<'g> {
    if exclude.is_open(method, template, raw_path) {
        return Decision::Open;
    }
    let documented = template.and_then(|template| operations.scopes(method, template));
    Decision::Authenticate { scopes: documented.unwrap_or_default() }
}

/// The first of the demanded scopes that the token lacks.
pub(super) fn lacking<'s>(token: &Token, demanded: &'s [String]) -> Option<&'s str> {
    demanded.iter().map(String::as_str).find(|scope| !token.has_scope(scope))
}

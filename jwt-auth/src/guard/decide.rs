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
    raw_path: impl FnOnce() -> Option<&'g str>,
    mount: Option<&Mount>,
) -> Decision<'g> {
    // The path is looked at only where there is no template.
    let raw_path = if template.is_none() { raw_path().unwrap_or_default() } else { "" };
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::Claims;

    // BRR-07, CLM-09
    #[test]
    fn every_demanded_scope_is_needed() {
        let token = |scope: &str| Token::of(&Claims { scope: Some(scope.to_owned()), ..Claims::default() });
        let (read, write) = ([String::from("read")], [String::from("write")]);
        assert_eq!(lacking(&token("read write"), [&read, &write]), None);
        assert_eq!(lacking(&token("read"), [&read, &write]), Some("write"));
        assert_eq!(lacking(&token("write"), [&read, &[]]), Some("read"));
        assert_eq!(lacking(&token("reader Read"), [&read, &[]]), Some("read"));
        assert_eq!(lacking(&token("x"), [&[], &[]]), None);
    }

    // EXC-01, EXC-02
    #[test]
    fn without_a_template_and_a_path_nothing_is_open() {
        let exclude = ExcludeSet::new([crate::backend::Pattern::new("/a/{*rest}")]);
        let operations = Operations::default();
        let decide = |template, path| decide(&exclude, &operations, &Method::GET, template, || path, None);
        assert_eq!(decide(Some("/a/{x}"), None), Decision::Open);
        assert_eq!(decide(None, Some("/a/b")), Decision::Open);
        let closed = Decision::Authenticate { scopes: [&[], &[]] };
        assert_eq!((decide(None, None), decide(Some("/b"), Some("/a/b"))), (closed, closed));
    }
}

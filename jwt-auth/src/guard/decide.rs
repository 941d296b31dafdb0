//! The decisions of the guard, without any input or output.

use std::borrow::Cow;

use http::Method;

use super::mount::Mount;
use super::operations::{DocumentedOperation, Operations};
use crate::backend::{ExcludeSet, Spec};
use crate::token::Token;

/// What the guard does with a request.
#[derive(Clone, Copy, Debug)]
pub(super) enum Decision<'g> {
    /// Let it pass; extractors authenticate where a handler asks.
    Open,
    /// Authenticate it, and demand the scopes of all these operations.
    Authenticate { operations: [&'g [DocumentedOperation]; 2] },
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
    let documented = |template: &str| operations.applying(method, template);
    let inner = template.and_then(|template| mount?.inner_template(template));
    Decision::Authenticate { operations: [template.map_or(&[][..], documented), inner.map_or(&[][..], documented)] }
}

/// The scopes that the token lacks for these operations, as a challenge names them; `None` where it lacks none.
pub(super) fn lacking(
    token: &Token,
    spec: &Spec,
    operations: [&[DocumentedOperation]; 2],
) -> Option<Cow<'static, str>> {
    let is_granted = |scope: &str| spec.is_granted(token.scopes(), scope);
    let mut unmet = operations.into_iter().flatten().filter_map(|operation| operation.demand.missing(is_granted));
    let mut lacked = unmet.next()?;
    for scope in unmet.flatten() {
        if !lacked.contains(&scope) {
            lacked.push(scope);
        }
    }
    Some(listed(&lacked))
}

/// As the `scope` parameter of a challenge lists them (RFC 6750 section 3).
pub(crate) fn listed(scopes: &[&'static str]) -> Cow<'static, str> {
    match scopes {
        [one] => Cow::Borrowed(one),
        several => Cow::Owned(several.join(" ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(feature = "openapi")]
    use crate::token::Claims;

    // BRR-07, CLM-09
    #[cfg(feature = "openapi")]
    #[test]
    fn every_demanded_scope_is_needed() {
        use crate::guard::operations::tests::documented::{SPEC, operation};
        let (read, write, any) = ([operation("GET", "read")], [operation("GET", "write")], [operation("GET", "")]);
        let both = [operation("GET", "write"), operation("PUT", "write b")];
        let lacking = |granted: &str, operations| {
            let token = Token::of(&Claims { scope: Some(granted.to_owned()), ..Claims::default() });
            super::lacking(&token, &SPEC, operations).map(Cow::into_owned)
        };
        assert_eq!(lacking("read write", [&read, &write]), None);
        assert_eq!(lacking("read", [&read, &write]).as_deref(), Some("write"));
        assert_eq!(lacking("write", [&read, &[]]).as_deref(), Some("read"));
        assert_eq!(lacking("reader Read", [&read, &any]).as_deref(), Some("read"));
        assert_eq!(lacking("x", [&read, &both]).as_deref(), Some("read write b"));
        assert_eq!((lacking("x", [&[], &[]]), lacking("x", [&any, &any])), (None, None));
    }

    // EXC-01, EXC-02
    #[test]
    fn without_a_template_and_a_path_nothing_is_open() {
        let exclude = ExcludeSet::new([crate::backend::Pattern::new("/a/{*rest}")]);
        let operations = Operations::default();
        let decide = |template, path| decide(&exclude, &operations, &Method::GET, template, || path, None);
        let is_open = |template, path| matches!(decide(template, path), Decision::Open);
        assert!(is_open(Some("/a/{x}"), None) && is_open(None, Some("/a/b")));
        assert!(!is_open(None, None) && !is_open(Some("/b"), Some("/a/b")));
    }
}

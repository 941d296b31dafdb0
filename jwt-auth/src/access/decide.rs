//! The decisions of the guard, as pure functions.

use std::borrow::Cow;

use http::Method;
use http::Uri;
use jwt_auth_grammar::path::endings;
use jwt_auth_grammar::path::overlaps;

use crate::access::operations::DocumentedOperation;
use crate::access::operations::Operations;
use crate::declaration::exclude::ExcludeSet;
use crate::declaration::spec::Spec;
use crate::jose::token::Token;

/// What the guard does with a request.
#[derive(Debug)]
pub(crate) enum Decision<'g> {
    /// Let the request pass. It is authenticated only if an extractor of the handler needs it.
    Open,
    /// Authenticate the request. Its token needs the scopes of all these operations.
    Authenticate(Applying<'g>),
}

/// The documented operations that apply to a request.
#[derive(Debug, Default)]
pub(crate) struct Applying<'g> {
    /// The operations of the route. For most requests no others apply.
    first: &'g [DocumentedOperation],
    more: Vec<&'g [DocumentedOperation]>,
}

impl<'g> Applying<'g> {
    fn add(&mut self, operations: &'g [DocumentedOperation]) {
        if self.first.is_empty() {
            self.first = operations;
        } else if !operations.is_empty() {
            self.more.push(operations);
        }
    }

    fn iter(&self) -> impl Iterator<Item = &'g DocumentedOperation> {
        self.first.iter().chain(self.more.iter().copied().flatten())
    }
}

/// One way to interpret a request. There are several if a layer has rewritten its method or path.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading<'r> {
    pub(crate) method: &'r Method,
    /// The template that axum matched.
    pub(crate) template: Option<&'r str>,
    /// The raw path, which decides if there is no template. `None` opens nothing.
    pub(crate) path: Option<&'r str>,
}

/// Decides what a request needs. Any doubt means that it is authenticated: it is open only if every reading of it is
/// open, and it must meet the demands of all readings. If there is no reading, it must meet the demands of all
/// operations.
pub(crate) fn decide<'g>(
    exclude: &ExcludeSet,
    operations: &'g Operations,
    readings: &[Reading<'_>],
    mount: Option<&Mount>,
) -> Decision<'g> {
    let routed = readings.first().and_then(|first| first.template);
    let is_open = |reading: &Reading<'_>| match (mount, reading.template) {
        // The path is used only if there is no template.
        (None, template) => exclude.is_open(reading.method, template, reading.path.unwrap_or_default()),
        (Some(mount), Some(template)) if routed == Some(template) => {
            mount.opens(template, |inner| exclude.covers_template(reading.method, inner))
        }
        // A layer has set this template. Each of its endings may be the route's template.
        (Some(_), Some(template)) => endings(template).all(|inner| exclude.covers_template(reading.method, inner)),
        (Some(mount), None) => {
            mount.is_plain && exclude.is_open(reading.method, None, reading.path.unwrap_or_default())
        }
    };
    if !readings.is_empty() && readings.iter().all(is_open) {
        return Decision::Open;
    }
    let mut applying = Applying::default();
    if operations.is_empty() {
        return Decision::Authenticate(applying);
    }
    for Reading { method, template, path } in readings {
        match (template, mount) {
            (Some(template), None) => applying.add(operations.applying(method, template)),
            // A template that a layer has set may not match the path, so each of its endings may be the route's
            // template.
            (Some(template), Some(_)) if routed != Some(template) => {
                endings(template).for_each(|inner| applying.add(operations.applying(method, inner)));
            }
            (Some(template), Some(mount)) => {
                mount.inner_templates(template).for_each(|inner| applying.add(operations.applying(method, inner)));
            }
            // A layer has rewritten the path, and axum did not match a route by it: every route that the path may reach counts.
            (None, _) if readings.len() > 1 => {
                operations.reached_by(method, path.unwrap_or_default()).for_each(|reached| applying.add(reached));
            }
            (None, _) => {}
        }
    }
    if readings.is_empty() {
        operations.all().for_each(|all| applying.add(all));
    }
    Decision::Authenticate(applying)
}

/// The scopes that these operations demand, for the challenge, if the token does not meet the demands. `None` if it
/// does.
pub(crate) fn lacking(token: &Token, spec: &Spec, operations: &Applying<'_>) -> Option<Cow<'static, str>> {
    unmet(operations, |scope| spec.is_granted(token.scopes(), scope))
}

/// The scopes that a client should request for these operations (RFC 6750 section 3), if it has no valid token. `None` if they
/// demand none, or are not documented.
pub(crate) fn wanted(operations: &Applying<'_>) -> Option<Cow<'static, str>> {
    if operations.first.is_empty() { None } else { unmet(operations, |_| false) }
}

fn unmet(operations: &Applying<'_>, is_granted: impl Fn(&str) -> bool) -> Option<Cow<'static, str>> {
    let mut unmet = operations.iter().filter_map(|operation| operation.demand.unmet(&is_granted));
    let mut lacked = unmet.next()?;
    for scope in unmet.flatten() {
        if !lacked.contains(&scope) {
            lacked.push(scope);
        }
    }
    Some(listed(&lacked))
}

/// The scopes as the `scope` parameter of a challenge lists them (RFC 6750 section 3).
pub(crate) fn listed(scopes: &[&'static str]) -> Cow<'static, str> {
    match scopes {
        [one] => Cow::Borrowed(one),
        several => Cow::Owned(several.join(" ")),
    }
}

/// A request extension: the request came through a prefix of an outer router.
#[derive(Clone, Debug)]
pub(crate) struct Mount {
    /// The URI that the protected router received, without the prefix.
    pub(crate) uri: Uri,
    /// How many segments at the beginning of a matched template are of the prefix, at most. `None` if that is unknown.
    pub(crate) segments: Option<usize>,
    /// Whether the request's original path is the prefix and then the path that the protected router received, and the prefix is
    /// unambiguous. Otherwise a service that reads the original path could serve something else.
    pub(crate) is_plain: bool,
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

    /// Whether the route with this matched template is open, if `is_open` says which templates of the protected router are.
    ///
    /// The true template of the route is what remains of the matched template after the prefix, and it covers the path. So it is
    /// among the endings that leave out no more segments than the prefix has, and cover the path. All of these must be open. So
    /// `/files/{*rest}` opens nothing else in a router that is mounted at `/files`.
    pub(crate) fn opens(&self, template: &str, is_open: impl Fn(&str) -> bool) -> bool {
        let most = self.segments.map_or(usize::MAX, |segments| segments.saturating_add(1));
        let mut candidates = endings(template).take(most).filter(|inner| overlaps(inner, self.uri.path())).peekable();
        candidates.peek().is_some() && candidates.all(is_open)
    }
}

/// The fewest segments that a prefix can have: a path has one slash for each segment.
pub(crate) fn slashes(path: &str) -> usize {
    path.bytes().filter(|byte| *byte == b'/').count()
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(feature = "openapi")]
    use crate::jose::claims::{Claims, Texts};
    #[cfg(feature = "openapi")]
    use jwt_auth_grammar::claim::TextClaim;

    // BRR-07, CLM-09
    #[cfg(feature = "openapi")]
    #[test]
    fn every_demanded_scope_is_needed() {
        use crate::access::operations::tests::documented::{SPEC, operation};
        let (read, write, any) = ([operation("GET", "read")], [operation("GET", "write")], [operation("GET", "")]);
        let both = [operation("GET", "write"), operation("PUT", "write b")];
        let lacking = |granted: &str, operations: [&[DocumentedOperation]; 2]| {
            let token =
                Token::of(&Claims { texts: Texts::default().with(TextClaim::Scope, granted), ..Claims::default() });
            let mut applying = Applying::default();
            operations.into_iter().for_each(|operations| applying.add(operations));
            crate::access::decide::lacking(&token, &SPEC, &applying).map(Cow::into_owned)
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
        let exclude = ExcludeSet::new([jwt_auth_grammar::pattern::Pattern::split("/a/{*rest}")]);
        let operations = Operations::default();
        let get = |template, path| Reading { method: &Method::GET, template, path };
        let is_open =
            |readings: &[Reading<'_>]| matches!(decide(&exclude, &operations, readings, None), Decision::Open);
        assert!(is_open(&[get(Some("/a/{x}"), None)]) && is_open(&[get(None, Some("/a/b"))]));
        assert!(!is_open(&[get(None, None)]) && !is_open(&[get(Some("/b"), Some("/a/b"))]));
        assert!(!is_open(&[]), "nothing is known of the request");
    }

    // ONE-01
    #[test]
    fn a_request_is_open_only_if_every_reading_is_open() {
        let exclude = ExcludeSet::new([jwt_auth_grammar::pattern::Pattern::split("GET /a/{x}")]);
        let operations = Operations::default();
        let is_open =
            |readings: &[Reading<'_>]| matches!(decide(&exclude, &operations, readings, None), Decision::Open);
        let reading = |method, template| Reading { method, template: Some(template), path: None };
        let (get, delete) = (reading(&Method::GET, "/a/{x}"), reading(&Method::DELETE, "/a/{x}"));
        assert!(is_open(&[get, get]));
        assert!(!is_open(&[get, delete]) && !is_open(&[delete, get]) && !is_open(&[get, reading(&Method::GET, "/b")]));
        let path = |path| Reading { method: &Method::GET, template: None, path: Some(path) };
        assert!(is_open(&[get, path("/a/1")]) && !is_open(&[get, path("/b")]));
    }
}

#[cfg(test)]
mod mount_tests {
    use super::*;

    fn mount(path: &str, segments: Option<usize>) -> Mount {
        Mount { uri: path.parse().unwrap(), segments, is_plain: true }
    }

    // EXC-01, B5
    #[test]
    fn a_route_below_a_prefix_is_open_if_each_template_that_it_may_have_is_open() {
        let exclude =
            ExcludeSet::new(["/files/{*rest}", "/open", "/a/{id}"].map(jwt_auth_grammar::pattern::Pattern::split));
        let opens = |path: &str, segments, template| {
            mount(path, segments).opens(template, |inner| exclude.covers_template(&Method::GET, inner))
        };
        for (path, segments, template) in [
            ("/open", Some(1), "/v1/open"),
            ("/open", None, "/v1/open"),
            ("/open", Some(2), "/{tenant}/x/open"),
            ("/open", Some(1), "/open"),
            ("/a/7", Some(1), "/open/a/{id}"),
            ("/files/a/b", Some(1), "/v1/files/{*rest}"),
        ] {
            assert!(opens(path, segments, template), "{path} {template}");
        }
        for (path, segments, template) in [
            ("/me", Some(1), "/files/me"),
            ("/me", None, "/files/me"),
            ("/x", Some(1), "/files/{*rest}"),
            ("/files/x", Some(1), "/files/{*rest}"),
            ("/files/a/b", None, "/v1/files/{*rest}"),
            ("/open", Some(1), "/open/{id}"),
            ("/open", Some(1), "/a/{id}"),
            ("/other", Some(1), "/v1/open"),
            ("/", Some(1), "/open/"),
        ] {
            assert!(!opens(path, segments, template), "{path} {template}");
        }
    }

    // EXC-01, D3
    #[test]
    fn the_endings_that_cover_the_path_remain() {
        let inner =
            |path: &str, template: &'static str| -> Vec<&str> { mount(path, None).inner_templates(template).collect() };
        assert_eq!(inner("/orders/7", "/v1/orders/{id}"), ["/orders/{id}"]);
        assert_eq!(inner("/orders/7", "/orders/{id}"), ["/orders/{id}"]);
        assert_eq!(inner("/", "/v1/"), ["/"]);
        assert_eq!(inner("/", "/"), ["/"]);
        assert_eq!(inner("/orders", "/a/{tenant}/orders"), ["/orders"]);
        assert_eq!(inner("/files/a/b", "/v1/files/{*rest}"), ["/files/{*rest}", "/{*rest}"]);
        assert_eq!(inner("/orders", "/v1/order"), ["/v1/order", "/order"], "nothing fits, so each counts");
    }
}

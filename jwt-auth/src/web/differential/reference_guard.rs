//! The reference guard: a second, independent decision about a request, from the request that was routed and from what the
//! layers made of it.

use std::collections::BTreeSet;

use crate::web::differential::layers::Change;
use crate::web::differential::reference_patterns::{SeenRequest, is_clean, opens_path, opens_route};
use crate::web::differential::shape::Place;

/// One operation of a document.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    pub(crate) method: &'static str,
    pub(crate) template: String,
    pub(crate) scopes: Scopes,
}

pub(crate) type Scopes = BTreeSet<&'static str>;

/// The reference guard of one router, for requests to one handler.
pub(crate) struct ReferenceGuard<'c> {
    pub(crate) place: &'c Place,
    pub(crate) patterns: &'c [&'static str],
    pub(crate) operations: &'c [Operation],
    pub(crate) changes: &'c [Change],
}

/// What the guard must do with a request.
#[derive(Debug)]
pub(crate) struct Verdict {
    pub(crate) is_open: bool,
    /// Whether an open request may be refused as well: below a prefix, if the guard cannot tell the route's template from others.
    pub(crate) may_be_closed: bool,
    /// A token that lacks one of these scopes is refused.
    pub(crate) needed: Scopes,
    /// A token with all of these scopes passes. They are more than `needed` only in two cases: if a template below a prefix is
    /// ambiguous, and if a path has a brace, which the guard takes for a parameter.
    pub(crate) enough: Scopes,
    /// Whether a layer changed the request.
    pub(crate) is_of_changed: bool,
}

impl ReferenceGuard<'_> {
    pub(crate) fn verdict(&self, method: &str, path: &str, is_below_prefix: bool) -> Verdict {
        let template = template(self.place, path);
        let routed = SeenRequest { method: method.to_owned(), path: path.to_owned(), template, is_lost: false };
        let made = self.changes.iter().fold(routed.clone(), |seen, change| change.seen_after(seen));
        if made.is_lost {
            let all = self.all_scopes();
            return Verdict {
                is_open: false,
                may_be_closed: false,
                needed: all.clone(),
                enough: all,
                is_of_changed: true,
            };
        }
        let readings = readings(&routed, &made);
        let is_open = readings.iter().all(|seen| self.opens(seen));
        let needed: Scopes = readings.iter().flat_map(|seen| self.demanded(seen, readings.len() > 1)).collect();
        let has_template_of_another = self.changes.iter().any(|change| matches!(change, Change::Template(_)));
        let ends_in_rest = readings.iter().any(|seen| seen.template.as_ref().is_some_and(|it| it.contains("{*")));
        let is_by_path = is_below_prefix || readings.len() > 1;
        let has_brace = is_by_path && readings.iter().any(|seen| seen.path.contains('{'));
        let is_doubtful = has_brace || (is_below_prefix && (has_template_of_another || ends_in_rest));
        let enough = if is_doubtful { self.all_scopes() } else { needed.clone() };
        // A template without `{*rest}` has as many segments as the path.
        let has_braces = readings.iter().any(|seen| seen.path.contains('{'));
        let may_be_closed = is_below_prefix && is_open && (ends_in_rest || has_braces || has_template_of_another);
        Verdict { is_open, may_be_closed, needed, enough, is_of_changed: made != routed }
    }

    fn opens(&self, seen: &SeenRequest) -> bool {
        match &seen.template {
            Some(template) => opens_route(self.patterns, &seen.method, template),
            None => is_clean(&seen.path) && opens_path(self.patterns, &seen.method, &seen.path),
        }
    }

    fn demanded(&self, seen: &SeenRequest, is_changed: bool) -> Scopes {
        let templates: BTreeSet<&str> = self.operations.iter().map(|operation| operation.template.as_str()).collect();
        let applies = |template: &&str| match &seen.template {
            Some(known) => known == template,
            None => is_changed && may_be_of(template, &seen.path),
        };
        templates.into_iter().filter(applies).flat_map(|template| self.of_route(&seen.method, template)).collect()
    }

    /// The scopes of the method. If the method is not documented, those of all documented methods.
    fn of_route(&self, method: &str, template: &str) -> Scopes {
        let of = |method: &str| {
            let mut all = self.operations.iter().filter(|operation| operation.template == template);
            all.find(|operation| operation.method == method).map(|operation| operation.scopes.clone())
        };
        let own = if method == "HEAD" { of("HEAD").or_else(|| of("GET")) } else { of(method) };
        let all = self.operations.iter().filter(|operation| operation.template == template);
        own.unwrap_or_else(|| all.flat_map(|operation| operation.scopes.clone()).collect())
    }

    fn all_scopes(&self) -> Scopes {
        self.operations.iter().flat_map(|operation| operation.scopes.clone()).collect()
    }
}

/// The request that was routed. If layers changed it, also the requests that it may have become: the route with the new method,
/// the request with the new template, and the request with only the new path.
fn readings(routed: &SeenRequest, made: &SeenRequest) -> Vec<SeenRequest> {
    let mut readings = vec![routed.clone()];
    if made != routed {
        readings.push(SeenRequest { method: made.method.clone(), ..routed.clone() });
        readings.push(made.clone());
        if made.path != routed.path {
            readings.push(SeenRequest { template: None, ..made.clone() });
        }
    }
    readings
}

/// The template that axum matches for the handler at this place. A service has three routes: its prefix, the prefix with a
/// slash, and everything below it, for which axum sets no template.
fn template(place: &Place, path: &str) -> Option<String> {
    match place {
        Place::Route(template) => Some(template.clone()),
        Place::Fallback => None,
        Place::Service(prefix) => {
            let (own, all) = (prefix.split('/').count(), path.split('/').count());
            if all == own {
                Some(prefix.clone())
            } else if all == own + 1 && path.ends_with('/') {
                Some(format!("{prefix}/"))
            } else {
                None
            }
        }
    }
}

/// Whether a route may match a path. A segment with a brace may match any segment.
fn may_be_of(template: &str, path: &str) -> bool {
    let (template, path): (Vec<&str>, Vec<&str>) = (template.split('/').collect(), path.split('/').collect());
    let rest = template.iter().position(|segment| segment.contains("{*"));
    let is_long_enough = match rest {
        Some(rest) => path.len() > rest,
        None => path.len() == template.len(),
    };
    let before_rest = template.iter().zip(&path).take(rest.unwrap_or(usize::MAX));
    is_long_enough && before_rest.into_iter().all(|(ours, theirs)| ours.contains('{') || ours == theirs)
}

//! The guard decides whether a request may pass, and who the caller is.

use std::any::Any;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};

#[cfg(feature = "openapi")]
use axum::body::Bytes;
use http::Method;
use http::header::{ACCESS_CONTROL_REQUEST_METHOD, ORIGIN};
use http::request::Parts;
use jwt_auth_grammar::raw_path::ambiguity;

use crate::access::decide::Mount;
use crate::access::decide::{Decision, Reading, decide, lacking, wanted};
use crate::access::operations::Operations;
use crate::authenticate::{Authenticated, Refusal};
use crate::backend::{Backend, Stages};
use crate::catch_panic::{Panicked, catch_panic_async};
use crate::credential::error::CredentialError;
use crate::declaration::spec::Spec;
use crate::hooks::AuthBackend;
use crate::peer::proxies::Proxies;
use crate::rejection::Rejection;
use crate::rejection::reason::RejectionReason;
use crate::request_info::RequestFacts;
use crate::web::check_password::facts_with_route;
use crate::web::request_state::{AnyGuard, BoxFuture, requested, route};
use crate::web::routed::Routed;

/// What the log names after a panic in code of the application that is not a function of the declaration.
pub(crate) const CLOCK_OR_STORE: &str = "the clock or the store";

/// Whether the request that axum routed is recorded before layers outside the guard run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OuterLayers {
    /// Not recorded. A protected router without outer layers needs no record. The application may put
    /// layers around a [`GuardLayer`](crate::web::guard_layer::GuardLayer) of its own. The guard then decides about the request
    /// that those layers made.
    NotRecorded,
    /// Recorded as [`Routed`], because [`Protected::layer`](crate::web::protected::Protected::layer) added layers.
    Recorded,
}

/// A backend, and what the document says about its router.
pub(crate) struct Guard<A> {
    pub(crate) stages: Arc<Stages<A>>,
    operations: Operations,
    has_warned_of_mount: AtomicBool,
    #[cfg(feature = "openapi")]
    document: Option<Bytes>,
}

impl<A: AuthBackend> Guard<A> {
    pub(crate) fn new<M>(backend: &Backend<A, M>) -> Self {
        Self {
            stages: Arc::clone(&backend.stages),
            operations: Operations::default(),
            has_warned_of_mount: AtomicBool::new(false),
            #[cfg(feature = "openapi")]
            document: None,
        }
    }

    #[cfg(feature = "openapi")]
    pub(crate) fn with_document(self, operations: Operations, document: Bytes) -> Self {
        Self { operations, document: Some(document), ..self }
    }

    /// Polls [`admit`](Self::admit) once. `None` means that it would have to wait. Calling `admit` after that is safe, because
    /// neither a hook nor a remote store has been called.
    pub(crate) fn admit_at_once(
        &self,
        parts: &Parts,
        outer: OuterLayers,
    ) -> Option<Result<Option<Authenticated>, Rejection>> {
        if !self.stages.authenticator.seldom_waits {
            return None;
        }
        match pin!(self.admit(parts, outer)).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(admitted) => Some(admitted),
            Poll::Pending => None,
        }
    }

    /// Whether the request may pass, and the caller if the route is not open. If code of the application panics, the answer is a
    /// rejection.
    pub(crate) async fn admit(&self, parts: &Parts, outer: OuterLayers) -> Result<Option<Authenticated>, Rejection> {
        #[cfg(feature = "metrics")]
        let began = std::time::Instant::now();
        let admitted = match catch_panic_async(self.check(parts, outer)).await {
            Ok(admitted) => admitted,
            Err(Panicked) => {
                let facts = facts_with_route(parts, route(parts), &self.stages.proxies);
                Err(self.refuse(RejectionReason::Panicked(CLOCK_OR_STORE).into(), parts, facts))
            }
        };
        #[cfg(feature = "metrics")]
        crate::events::metrics::decided(admitted.as_ref().map(Option::is_some).ok(), began.elapsed());
        admitted
    }

    async fn check(&self, parts: &Parts, outer: OuterLayers) -> Result<Option<Authenticated>, Rejection> {
        let template = route(parts);
        let operations = match self.decide(parts, template, outer) {
            Decision::Open => return Ok(None),
            Decision::Authenticate(operations) => operations,
        };
        let authenticated =
            self.stages.authenticator.authenticate(parts).await.and_then(|authenticated| {
                match lacking(&authenticated.token, &A::SPEC, &operations) {
                    None => Ok(authenticated),
                    Some(scopes) => Err(Refusal {
                        reason: RejectionReason::InsufficientScope(scopes),
                        token: Some(authenticated.token),
                    }),
                }
            });
        match authenticated {
            Ok(authenticated) => {
                tracing::debug!(target: "jwt_auth", jti = authenticated.token.jwt_id().unwrap_or_default(), "accepted");
                Ok(Some(authenticated))
            }
            Err(refusal) => {
                warn_of_preflight(parts);
                let is_heard = tracing::enabled!(target: "jwt_auth", tracing::Level::WARN);
                if is_heard && matches!(refusal.reason, RejectionReason::MissingCredential) {
                    self.say_why_it_is_closed(parts, template);
                }
                let facts = facts_with_route(parts, template, &self.stages.proxies);
                let mut rejection = self.refuse(refusal, parts, facts);
                rejection.want(|| wanted(&operations));
                Err(rejection)
            }
        }
    }

    fn decide(&self, parts: &Parts, template: Option<&str>, outer: OuterLayers) -> Decision<'_> {
        let (exclude, mount) = (&self.stages.exclude, parts.extensions.get::<Mount>());
        let decide = |readings: &[Reading<'_>]| decide(exclude, &self.operations, readings, mount);
        let raw_path = |parts| raw_path(parts, mount);
        let now = |template| Reading { method: &parts.method, template, path: Some(parts.uri.path()) };
        let routed = match outer {
            OuterLayers::NotRecorded if template.is_some() => return decide(&[now(template)]),
            OuterLayers::NotRecorded => return decide(&[Reading { path: raw_path(parts), ..now(None) }]),
            OuterLayers::Recorded => parts.extensions.get::<Routed>(),
        };
        match routed {
            // A layer has dropped the extensions, and the record with them.
            None => decide(&[]),
            Some(routed) if routed.is_unchanged(parts, template) => {
                decide(&[Reading { path: raw_path(parts), ..now(template) }])
            }
            Some(routed) => {
                let first =
                    Reading { method: &routed.method, template: routed.template(), path: Some(routed.uri.path()) };
                let mut readings = vec![first, Reading { method: &parts.method, ..first }, now(template)];
                if routed.uri.path() != parts.uri.path() {
                    readings.push(now(None));
                }
                decide(&readings)
            }
        }
    }

    /// Logs why a request without a credential is not open, if the reason is not that no pattern names it.
    fn say_why_it_is_closed(&self, parts: &Parts, template: Option<&str>) {
        let exclude = &self.stages.exclude;
        if !self.has_warned_of_mount.load(Ordering::Relaxed)
            && let Some(mount) = parts.extensions.get::<Mount>()
        {
            let path = mount.uri.path();
            let may_be_open = match template {
                Some(template) => {
                    mount.inner_templates(template).any(|inner| exclude.covers_template(&parts.method, inner))
                }
                None => exclude.is_open(&parts.method, None, path),
            };
            if may_be_open && !self.has_warned_of_mount.swap(true, Ordering::Relaxed) {
                tracing::warn!(
                    target: "jwt_auth",
                    "a request without a credential was refused below a prefix of an outer router; a pattern of `exclude` may be meant for its route, but the guard cannot tell which part of the path is the prefix; write `Router::new().nest(prefix, routes)` first and `protect` the result"
                );
            }
        }
        if tracing::enabled!(target: "jwt_auth", tracing::Level::INFO)
            && template.is_none()
            && let Some(why) = ambiguity(parts.uri.path())
        {
            tracing::info!(target: "jwt_auth", "no pattern of `exclude` opens this path, because servers may read it in different ways: {why}");
        }
    }

    /// The answer to a refused request. The refusal is logged and told.
    fn refuse(&self, refusal: Refusal, parts: &Parts, request: RequestFacts<'_>) -> Rejection {
        let path = || requested(parts, &self.stages.public_prefix).path();
        let removed = self.stages.authenticator.remove_stale_cookie(parts, path, &refusal.reason);
        let mut rejection = Rejection::of(parts, refusal.reason, &self.stages.presentation);
        rejection.remove(removed);
        self.stages.events.refused(&rejection, request, refusal.token.as_ref());
        rejection
    }
}

/// The path of the request, or `None` if a layer has changed it. On a route without a template, the path decides whether the
/// route is open. If the original and the current path differ, the service behind the guard may use either one, so `None` opens
/// nothing.
///
/// Below a prefix of an outer router, the two differ by that prefix.
fn raw_path<'p>(parts: &'p Parts, mount: Option<&Mount>) -> Option<&'p str> {
    let original = match mount {
        Some(mount) => mount.uri.path(),
        None => requested(parts, "").path(),
    };
    (original == parts.uri.path()).then(|| parts.uri.path())
}

/// Warns of a refused CORS preflight. The guard does not exempt `OPTIONS`, because an `any()` route would run its handler for it.
fn warn_of_preflight(parts: &Parts) {
    let headers = &parts.headers;
    if parts.method == Method::OPTIONS
        && headers.contains_key(ORIGIN)
        && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
    {
        tracing::warn!(
            target: "jwt_auth",
            "a CORS preflight reached the guard and was refused; put a `CorsLayer` outside it: `auth.protect(router)?.layer(CorsLayer::new())`"
        );
    }
}

impl<A: AuthBackend> AnyGuard for Guard<A> {
    fn authenticate<'g>(&'g self, parts: &'g Parts) -> BoxFuture<'g, Result<Authenticated, Refusal>> {
        Box::pin(self.stages.authenticator.authenticate(parts))
    }

    fn reject(&self, parts: &Parts, refusal: Refusal) -> Rejection {
        self.refuse(refusal, parts, facts_with_route(parts, route(parts), &self.stages.proxies))
    }

    fn backend(&self) -> Arc<dyn Any + Send + Sync> {
        Arc::clone(&self.stages) as _
    }

    fn has_credential(&self, parts: &Parts) -> bool {
        let found = self.stages.authenticator.sources.find(&parts.headers);
        !matches!(found, Err(CredentialError::Absent | CredentialError::OtherScheme))
    }

    fn spec(&self) -> &'static Spec {
        const { &A::SPEC }
    }

    fn jwks(&self) -> String {
        self.stages.jwks()
    }

    fn public_prefix(&self) -> &str {
        &self.stages.public_prefix
    }

    fn proxies(&self) -> &Proxies {
        &self.stages.proxies
    }

    fn operations(&self) -> &Operations {
        &self.operations
    }

    #[cfg(feature = "openapi")]
    fn document(&self) -> Option<Bytes> {
        self.document.clone()
    }
}

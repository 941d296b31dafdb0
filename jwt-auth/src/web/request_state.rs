//! The state that the guard leaves in the extensions of a request, for the extractors.

use std::any::Any;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};

#[cfg(feature = "openapi")]
use axum::body::Bytes;
use axum::extract::{MatchedPath, OriginalUri};
use http::Uri;
use http::request::Parts;

use crate::access::decide::Mount;
use crate::access::operations::{DocumentedOperation, Operations};
use crate::authenticate::{Authenticated, Refusal};
use crate::clock::ClockError;
use crate::credential::sources::Carrier;
use crate::declaration::spec::Spec;
use crate::jose::token::Token;
use crate::peer::proxies::Proxies;
use crate::rejection::Rejection;
use crate::rejection::reason::RejectionReason;
use crate::request_info::{ClientOf, RequestFacts};

/// The guard that admitted the request, and the authenticated caller, if there is one.
#[derive(Clone)]
pub(crate) struct RequestState {
    guard: Arc<dyn AnyGuard>,
    /// `None` on an open route, until an extractor authenticates the request.
    authenticated: Option<Authenticated>,
    /// Present on an open route. An extractor that authenticates the request sets it.
    late: Option<LateAuthentication>,
    /// When the guard received the request. Every check that a sign-in relies on began later.
    received_at: Result<u64, ClockError>,
}

/// Set when an extractor on an open route authenticates the request. The guard reads it when the answer is ready.
pub(crate) type LateAuthentication = Arc<OnceLock<()>>;

/// A guard without its backend type, which most extractors do not know.
pub(crate) trait AnyGuard: Send + Sync {
    fn authenticate<'g>(&'g self, parts: &'g Parts) -> BoxFuture<'g, Result<Authenticated, Refusal>>;

    /// The answer to a refused request. The refusal is logged and reported.
    fn reject(&self, parts: &Parts, refusal: Refusal) -> Rejection;

    /// The `Stages<A>` of the backend.
    fn backend(&self) -> Arc<dyn Any + Send + Sync>;

    /// Whether the request has a credential in a place that the backend reads, valid or not.
    fn has_credential(&self, parts: &Parts) -> bool;

    /// The constants of the declaration.
    fn spec(&self) -> &'static Spec;

    fn jwks(&self) -> String;

    /// The path below which browsers see the service.
    fn public_prefix(&self) -> &str;

    fn proxies(&self) -> &Proxies;

    fn operations(&self) -> &Operations;

    /// The OpenAPI document as JSON, if the router has one.
    #[cfg(feature = "openapi")]
    fn document(&self) -> Option<Bytes>;
}

pub(crate) type BoxFuture<'f, T> = Pin<Box<dyn Future<Output = T> + Send + 'f>>;

impl RequestState {
    /// `now` is only called if the request is not authenticated yet.
    pub(crate) fn new(
        guard: Arc<dyn AnyGuard>,
        authenticated: Option<Authenticated>,
        now: impl FnOnce() -> Result<u64, ClockError>,
    ) -> Self {
        let late = authenticated.is_none().then(LateAuthentication::default);
        let received_at = authenticated.as_ref().map_or_else(now, |authenticated| authenticated.checked_at);
        Self { guard, authenticated, late, received_at }
    }

    pub(crate) fn received_at(&self) -> Result<u64, ClockError> {
        self.received_at
    }

    pub(crate) fn late(&self) -> Option<LateAuthentication> {
        self.late.clone()
    }

    /// The state of a request. If there is none, the rejection says that `wanted` needs a guard.
    pub(crate) fn of(parts: &Parts, wanted: &'static str) -> Result<Self, Rejection> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| {
            let rejection = Rejection::new(RejectionReason::NotGuarded(wanted), None);
            let client = ClientOf::Known(None);
            rejection.log(RequestFacts { method: &parts.method, route: route(parts), client }, None);
            rejection
        })
    }

    /// The token that authenticated the request, and its carrier, if the request is authenticated already.
    pub(crate) fn verified(&self) -> Option<(&Token, Carrier)> {
        self.authenticated.as_ref().map(|authenticated| (&authenticated.token, authenticated.carrier))
    }

    fn known(parts: &Parts) -> Option<&Authenticated> {
        parts.extensions.get::<Self>()?.authenticated.as_ref()
    }

    /// The user, if the request is authenticated already and the user has this type.
    pub(crate) fn user_of<U: 'static>(parts: &Parts) -> Option<&U> {
        Self::known(parts)?.user.downcast_ref()
    }

    /// The token, if the request is authenticated already.
    pub(crate) fn token_of(parts: &Parts) -> Option<&Token> {
        Self::known(parts).map(|authenticated| &authenticated.token)
    }

    /// The caller. On an open route, the first call authenticates the request.
    pub(crate) async fn authenticated(&self, parts: &mut Parts) -> Result<Authenticated, Rejection> {
        self.resolve(parts).await.map_err(|refusal| self.guard.reject(parts, refusal))
    }

    /// Like [`authenticated`](Self::authenticated), but `None` if the request has no bearer credential.
    pub(crate) async fn authenticated_if_any(&self, parts: &mut Parts) -> Result<Option<Authenticated>, Rejection> {
        match self.resolve(parts).await {
            Ok(authenticated) => Ok(Some(authenticated)),
            Err(Refusal { reason: RejectionReason::MissingCredential | RejectionReason::OtherScheme, .. }) => Ok(None),
            Err(refusal) => Err(self.guard.reject(parts, refusal)),
        }
    }

    async fn resolve(&self, parts: &mut Parts) -> Result<Authenticated, Refusal> {
        if let Some(authenticated) = &self.authenticated {
            return Ok(authenticated.clone());
        }
        let authenticated = self.guard.authenticate(parts).await?;
        if let Some(late) = &self.late {
            let _ = late.set(());
        }
        let known = Self { authenticated: Some(authenticated.clone()), ..self.clone() };
        parts.extensions.insert(known);
        Ok(authenticated)
    }

    pub(crate) fn reject(&self, parts: &Parts, reason: RejectionReason) -> Rejection {
        self.guard.reject(parts, Refusal { reason, token: Self::token_of(parts).cloned() })
    }

    /// Whether the request has a credential, valid or not.
    pub(crate) fn has_credential(&self, parts: &Parts) -> bool {
        self.guard.has_credential(parts)
    }

    /// The operation of this request, if the document describes it.
    pub(crate) fn operation(&self, parts: &Parts) -> Option<&DocumentedOperation> {
        self.guard.operations().get(&parts.method, route(parts)?)
    }

    /// The constants of the declaration of the backend that guards the request.
    pub(crate) fn spec(&self) -> &'static Spec {
        self.guard.spec()
    }

    pub(crate) fn proxies(&self) -> &Proxies {
        self.guard.proxies()
    }

    pub(crate) fn public_prefix(&self) -> &str {
        self.guard.public_prefix()
    }

    pub(crate) fn jwks(&self) -> String {
        self.guard.jwks()
    }

    pub(crate) fn backend(&self) -> Arc<dyn Any + Send + Sync> {
        self.guard.backend()
    }

    #[cfg(feature = "openapi")]
    pub(crate) fn document(&self) -> Option<Bytes> {
        self.guard.document()
    }
}

/// The template that axum matched.
pub(crate) fn route(parts: &Parts) -> Option<&str> {
    parts.extensions.get::<MatchedPath>().map(MatchedPath::as_str)
}

/// The URI that the client has requested, without the public prefix. An outer router may have taken that prefix off, as a proxy does.
pub(crate) fn requested<'p>(parts: &'p Parts, public_prefix: &str) -> &'p Uri {
    let mount = parts.extensions.get::<Mount>().filter(|_| !public_prefix.is_empty()).map(|mount| &mount.uri);
    let original = || parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |original| &original.0);
    mount.unwrap_or_else(original)
}

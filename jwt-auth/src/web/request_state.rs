//! What the guard leaves in a request's extensions for the extractors.

use std::any::Any;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};

#[cfg(feature = "openapi")]
use axum::body::Bytes;
use axum::extract::MatchedPath;
use http::request::Parts;

use crate::access::operations::{DocumentedOperation, Operations};
use crate::authenticate::Authenticated;
use crate::clock::ClockError;
use crate::credential::sources::Carrier;
use crate::declaration::spec::Spec;
use crate::jose::token::Token;
use crate::rejection::Rejection;
use crate::rejection::presentation::Presentation;
use crate::rejection::reason::RejectionReason;

/// The guard that a request passed, and how far it was authenticated.
#[derive(Clone)]
pub(crate) struct RequestState {
    guard: Arc<dyn AnyGuard>,
    /// `None` on an open route until an extractor asks.
    authenticated: Option<Authenticated>,
    /// On an open route: set once an extractor has authenticated the request.
    late: Option<LateAuthentication>,
    /// When the guard began with the request: whatever a sign-in rests on was checked later.
    received_at: Result<u64, ClockError>,
}

/// Filled at most once, for the guard to read when there is an answer.
pub(crate) type LateAuthentication = Arc<OnceLock<()>>;

/// A guard whose backend type is forgotten, since extractors do not know it.
pub(crate) trait AnyGuard: Send + Sync {
    fn authenticate<'g>(&'g self, parts: &'g Parts) -> BoxFuture<'g, Result<Authenticated, RejectionReason>>;

    /// The `Stages<A>` of the backend.
    fn backend(&self) -> Arc<dyn Any + Send + Sync>;

    /// Whether the request carries a credential where the backend reads one, valid or not.
    fn has_credential(&self, parts: &Parts) -> bool;

    /// The backend's constants.
    fn spec(&self) -> &'static Spec;

    fn jwks(&self) -> String;

    fn resource_metadata(&self) -> Option<String>;

    fn presentation(&self) -> &Arc<Presentation>;

    fn operations(&self) -> &Operations;

    /// The OpenAPI document as JSON, where there is one.
    #[cfg(feature = "openapi")]
    fn document(&self) -> Option<Bytes>;
}

pub(crate) type BoxFuture<'f, T> = Pin<Box<dyn Future<Output = T> + Send + 'f>>;

impl RequestState {
    /// `now` is asked where nobody is authenticated yet.
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

    /// The state of a request. `wanted` names what is asked for, should there be none.
    pub(crate) fn of(parts: &Parts, wanted: &'static str) -> Result<Self, Rejection> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| {
            let rejection = Rejection::new(RejectionReason::NotGuarded(wanted), None);
            rejection.log(&parts.method, route(parts));
            rejection
        })
    }

    /// The token that the request is already authenticated by, and where it stood.
    pub(crate) fn verified(&self) -> Option<(&Token, Carrier)> {
        self.authenticated.as_ref().map(|authenticated| (&authenticated.token, authenticated.carrier))
    }

    fn known(parts: &Parts) -> Option<&Authenticated> {
        parts.extensions.get::<Self>()?.authenticated.as_ref()
    }

    /// The user, where it is known already and of this type.
    pub(crate) fn user_of<U: 'static>(parts: &Parts) -> Option<&U> {
        Self::known(parts)?.user.downcast_ref()
    }

    /// The token, where it is verified already.
    pub(crate) fn token_of(parts: &Parts) -> Option<&Token> {
        Self::known(parts).map(|authenticated| &authenticated.token)
    }

    /// Who asks. On an open route this authenticates, once a request.
    pub(crate) async fn authenticated(&self, parts: &mut Parts) -> Result<Authenticated, Rejection> {
        self.resolve(parts).await.map_err(|reason| self.reject(parts, reason))
    }

    /// As [`authenticated`](Self::authenticated), but no bearer credential at all is `None`.
    pub(crate) async fn authenticated_if_any(&self, parts: &mut Parts) -> Result<Option<Authenticated>, Rejection> {
        match self.resolve(parts).await {
            Ok(authenticated) => Ok(Some(authenticated)),
            Err(RejectionReason::MissingCredential | RejectionReason::OtherScheme) => Ok(None),
            Err(reason) => Err(self.reject(parts, reason)),
        }
    }

    async fn resolve(&self, parts: &mut Parts) -> Result<Authenticated, RejectionReason> {
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
        let rejection = Rejection::new(reason, Some(self.guard.presentation()));
        rejection.log(&parts.method, route(parts));
        rejection
    }

    /// Whether the request carries a credential, valid or not.
    pub(crate) fn has_credential(&self, parts: &Parts) -> bool {
        self.guard.has_credential(parts)
    }

    /// The operation of this request, where the document describes it.
    pub(crate) fn operation(&self, parts: &Parts) -> Option<&DocumentedOperation> {
        self.guard.operations().get(&parts.method, route(parts)?)
    }

    /// The constants of the backend whose guard the request passed.
    pub(crate) fn spec(&self) -> &'static Spec {
        self.guard.spec()
    }

    pub(crate) fn jwks(&self) -> String {
        self.guard.jwks()
    }

    pub(crate) fn resource_metadata(&self) -> Option<String> {
        self.guard.resource_metadata()
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

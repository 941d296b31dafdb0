//! The guard as a layer.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

#[cfg(feature = "openapi")]
use axum::body::Bytes;
use axum::extract::{MatchedPath, OriginalUri, Request};
use axum::response::{IntoResponse, Response};
use http::header::{ACCESS_CONTROL_REQUEST_METHOD, CACHE_CONTROL, ORIGIN};
use http::request::Parts;
use http::{HeaderValue, Method};
use tower_layer::Layer;
use tower_service::Service;

use super::decide::{Decision, decide, lacking};
use super::mount::Mount;
use super::operations::Operations;
use super::session::{AnyGuard, Authenticated, BoxFuture, Session, route};
use crate::backend::{AuthBackend, Backend, Inner, Mode, RevokePresented};
use crate::catch::{Panicked, caught};
use crate::rejection::{Presentation, Rejection, RejectionReason};

/// A backend together with what the document says of its router.
pub(crate) struct Guard<A> {
    backend: Arc<Inner<A>>,
    operations: Operations,
    #[cfg(feature = "openapi")]
    document: Option<Bytes>,
}

impl<A: AuthBackend> Guard<A> {
    pub(crate) fn new<M>(backend: &Backend<A, M>) -> Self {
        Self {
            backend: Arc::clone(&backend.inner),
            operations: Operations::default(),
            #[cfg(feature = "openapi")]
            document: None,
        }
    }

    #[cfg(feature = "openapi")]
    pub(crate) fn with_document(self, operations: Operations, document: Bytes) -> Self {
        Self { operations, document: Some(document), ..self }
    }

    /// Whether the request may pass, and as whom.
    async fn admit(&self, parts: &Parts) -> Result<Option<Authenticated>, Rejection> {
        let inner = &self.backend;
        let template = route(parts);
        let scopes = match decide(
            &inner.exclude,
            &self.operations,
            &parts.method,
            template,
            raw_path(parts),
            parts.extensions.get::<Mount>(),
        ) {
            Decision::Open => return Ok(None),
            Decision::Authenticate { scopes } => scopes,
        };
        let authenticated =
            self.authenticate(parts).await.and_then(|authenticated| match lacking(&authenticated.token, scopes) {
                None => Ok(authenticated),
                Some(scope) => Err(RejectionReason::InsufficientScope(scope.to_owned().into())),
            });
        match authenticated {
            Ok(authenticated) => {
                tracing::debug!(target: "jwt_auth", jti = authenticated.token.jwt_id(), "accepted");
                Ok(Some(authenticated))
            }
            Err(reason) => {
                let rejection = Rejection::new(reason, Some(&inner.presentation));
                rejection.log(&parts.method, template);
                warn_of_preflight(parts);
                Err(rejection)
            }
        }
    }
}

/// The path as it came, where nothing between the router and the guard has changed it: what is not routed by a template
/// is decided by the path, and the service behind may read the other one. `None` opens nothing.
fn raw_path(parts: &Parts) -> Option<&str> {
    let original = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |original| &original.0);
    (original.path() == parts.uri.path()).then(|| original.path())
}

/// No method is exempt: an `any()` route would run its handler for a preflight.
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
    fn authenticate<'g>(&'g self, parts: &'g Parts) -> BoxFuture<'g, Result<Authenticated, RejectionReason>> {
        Box::pin(async {
            let (token, user) = self.backend.authenticate(parts).await?;
            Ok(Authenticated { token, user: Arc::new(user) })
        })
    }

    fn backend(&self) -> Arc<dyn Any + Send + Sync> {
        Arc::clone(&self.backend) as _
    }

    fn jwks(&self) -> String {
        self.backend.jwks()
    }

    fn resource_metadata(&self) -> Option<String> {
        self.backend.resource_metadata.as_ref().and_then(|metadata| serde_json::to_string(metadata).ok())
    }

    fn presentation(&self) -> &Arc<Presentation> {
        &self.backend.presentation
    }

    fn operations(&self) -> &Operations {
        &self.operations
    }

    #[cfg(feature = "openapi")]
    fn document(&self) -> Option<Bytes> {
        self.document.clone()
    }
}

/// The guard as a [`tower_layer::Layer`], for experts. Prefer [`Backend::protect`].
///
/// What it cannot promise: routes that are added after the layer are not covered, and with `Router::route_layer` no fallback
/// is; around a service that is no `Router` there is no `MatchedPath`, so exclusion is decided on the raw path where
/// that is clean; below a prefix of an outer router patterns are compared with the whole template, prefix included, so
/// `/files/{*rest}` opens everything that is mounted at `/files`; and the document is not touched.
pub struct GuardLayer<A> {
    guard: Arc<Guard<A>>,
}

impl<A: AuthBackend> GuardLayer<A> {
    pub(crate) fn new(guard: Guard<A>) -> Self {
        Self { guard: Arc::new(guard) }
    }
}

impl<A: AuthBackend, M: Mode> Backend<A, M> {
    /// The guard as a layer, for experts; [`GuardLayer`] says what it cannot promise.
    pub fn layer(&self) -> GuardLayer<A> {
        GuardLayer::new(Guard::new(self))
    }
}

impl<A> Clone for GuardLayer<A> {
    fn clone(&self) -> Self {
        Self { guard: Arc::clone(&self.guard) }
    }
}

impl<S, A> Layer<S> for GuardLayer<A> {
    type Service = GuardService<S, A>;

    fn layer(&self, inner: S) -> Self::Service {
        GuardService { inner, guard: Arc::clone(&self.guard) }
    }
}

impl<A: AuthBackend> fmt::Debug for GuardLayer<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("GuardLayer").field(&A::SPEC.scheme_name).finish()
    }
}

/// The service that [`GuardLayer`] makes.
pub struct GuardService<S, A> {
    inner: S,
    guard: Arc<Guard<A>>,
}

impl<S: Clone, A> Clone for GuardService<S, A> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), guard: Arc::clone(&self.guard) }
    }
}

impl<S, A: AuthBackend> fmt::Debug for GuardService<S, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("GuardService").field(&A::SPEC.scheme_name).finish()
    }
}

impl<S, A> Service<Request> for GuardService<S, A>
where
    S: Service<Request, Response = Response> + Clone + Send + 'static,
    S::Future: Send,
    A: AuthBackend,
{
    type Response = Response;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Response, S::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let guard = Arc::clone(&self.guard);
        // The service that was polled ready is the one that is called.
        let next = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, next);
        Box::pin(async move {
            let (mut parts, body) = request.into_parts();
            let authenticated = match guard.admit(&parts).await {
                Ok(authenticated) => authenticated,
                Err(rejection) => return Ok(rejection.into_response()),
            };
            let session = Session::new(Arc::clone(&guard) as _, authenticated);
            let presented = session.presented();
            let (method, matched) = (parts.method.clone(), parts.extensions.get::<MatchedPath>().cloned());
            parts.extensions.insert(session);
            let mut response = match caught(async { inner.call(Request::from_parts(parts, body)).await }).await {
                Ok(response) => response?,
                Err(Panicked) => {
                    let rejection =
                        Rejection::new(RejectionReason::Panicked("a handler"), Some(&guard.backend.presentation));
                    rejection.log(&method, matched.as_ref().map(MatchedPath::as_str));
                    return Ok(rejection.into_response());
                }
            };
            if let (Some(token), Some(RevokePresented)) = (presented.get(), response.extensions().get())
                && let Err(error) = guard.backend.revoke(token).await
            {
                let reason = RejectionReason::StoreFailed(error.to_string());
                let rejection = Rejection::new(reason, Some(&guard.backend.presentation));
                rejection.log(&method, matched.as_ref().map(MatchedPath::as_str));
                return Ok(rejection.into_response());
            }
            if presented.get().is_some() {
                // What was made for one user is not kept for another (RFC 9111 section 3.5).
                response.headers_mut().entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
            }
            Ok(response)
        })
    }
}

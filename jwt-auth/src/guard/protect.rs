//! `protect`: a router goes in, and what comes out is served and takes outer layers, but no routes.

use std::convert::Infallible;
use std::fmt;
use std::future::{Ready, ready};
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Bytes, HttpBody};
use axum::extract::connect_info::IntoMakeServiceWithConnectInfo;
use axum::extract::{MatchedPath, Request};
use axum::response::{IntoResponse, Response};
use axum::routing::future::RouteFuture;
use axum::routing::{IntoMakeService, Route};
use axum::serve::{IncomingStream, Listener};
use http::Extensions;
use tower_layer::Layer;
use tower_service::Service;

use super::access_map::{Access, AccessMap};
use super::admit::Guard;
use super::layer::GuardLayer;
use super::mount::Mount;
use super::protect_error::ProtectError;
use super::routes::Routes;
use crate::backend::{AuthBackend, Backend, Mode, Pattern};
use crate::cause::BoxError;
use crate::endpoint::{self, endpoints};

impl<A: AuthBackend, M: Mode> Backend<A, M> {
    /// Guards every route of a router: an axum `Router`, or, with the feature `openapi`, utoipa-axum's
    /// `OpenApiRouter`, whose document comes back with the security of every operation.
    ///
    /// ```no_run
    /// # use jwt_auth::{auth_backend, JwtUser, Keys};
    /// # use axum::{Router, routing::get};
    /// # #[derive(Clone, JwtUser)] struct User { #[jwt_user(id)] id: u64 }
    /// # #[auth_backend(kind = "bearer", user = User, exclude = ["/health"])] struct Auth;
    /// # let auth = Auth.backend().keys(Keys::hs256_ephemeral()?).issuer("me").build()?;
    /// let router = Router::new().route("/health", get(|| async {})).route("/me", get(|_: User| async {}));
    /// let app = auth.protect(router)?;
    /// println!("{}", app.access_map());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ProtectError`] where the declaration and the router's document contradict each other.
    pub fn protect<R: Protectable>(&self, router: R) -> Result<R::Protected, ProtectError> {
        router.protect_with(self)
    }
}

pub(crate) mod sealed {
    /// Only routers are protected.
    pub trait Sealed {}
}

/// A router that [`Backend::protect`] takes: `axum::Router`, or utoipa-axum's `OpenApiRouter` with the feature
/// `openapi`.
#[diagnostic::on_unimplemented(
    message = "`protect` does not take a `{Self}`",
    label = "expected an axum `Router` or a utoipa-axum `OpenApiRouter`",
    note = "a router with state takes it before: `auth.protect(router.with_state(state))`",
    note = "an `OpenApiRouter` needs the feature `openapi` of jwt-auth"
)]
pub trait Protectable: sealed::Sealed {
    /// What comes out.
    type Protected;

    #[doc(hidden)]
    fn protect_with<A: AuthBackend, M: Mode>(self, backend: &Backend<A, M>) -> Result<Self::Protected, ProtectError>;
}

impl sealed::Sealed for Router {}

impl Protectable for Router {
    type Protected = Protected;

    fn protect_with<A: AuthBackend, M: Mode>(self, backend: &Backend<A, M>) -> Result<Protected, ProtectError> {
        let router = with_endpoints(self, backend)?;
        let routes = Routes::of(&router);
        warn_of_dead_patterns(backend, routes.as_ref());
        let map = AccessMap::new(backend.inner.exclude.patterns().iter().flat_map(pattern_rows));
        Ok(Protected::new(router, Guard::new(backend), map, routes))
    }
}

/// The router with the endpoints that the library answers, where the backend issues tokens.
pub(crate) fn with_endpoints<A: AuthBackend, M: Mode>(
    mut router: Router,
    backend: &Backend<A, M>,
) -> Result<Router, ProtectError> {
    for (endpoint, path) in endpoints::<A>().filter(|_| M::ISSUES) {
        // axum would panic.
        if Routes::of(&router).is_some_and(|routes| routes.templates.iter().any(|template| template.path == path)) {
            return Err(ProtectError::PathTaken { key: endpoint.key(), path: path.to_owned() });
        }
        router = router.route(path, endpoint::route(endpoint, &backend.inner));
    }
    Ok(router)
}

/// A plain router has no document to be held to: its patterns may be meant for what a later version of it has.
fn warn_of_dead_patterns<A: AuthBackend, M>(backend: &Backend<A, M>, routes: Option<&Routes>) {
    for pattern in backend.inner.exclude.patterns() {
        if routes.is_some_and(|routes| !routes.are_reached_by(pattern)) {
            tracing::warn!(target: "jwt_auth", %pattern, "a pattern of `exclude` covers no route of the router");
        }
    }
}

/// A pattern's rows of the access map, one a method.
pub(crate) fn pattern_rows(pattern: &Pattern) -> Vec<(String, String, Access)> {
    let methods = if pattern.methods.is_empty() { &["any"][..] } else { &pattern.methods };
    methods.iter().map(|method| ((*method).to_owned(), pattern.path.to_owned(), Access::Open)).collect()
}

/// A guarded router. It is served like a `Router` and takes outer layers; it has no `route`, `merge` or `nest`, so
/// nothing can be added behind the guard's back. Public routes go beside it:
/// `Router::new().merge(public).fallback_service(app)`. Below a prefix of an outer router (`nest_service`) nothing of it is
/// open, whatever `exclude` says, since the patterns speak of its own routes.
#[derive(Clone)]
#[must_use = "a protected router does nothing until it is served"]
pub struct Protected {
    router: Router,
    map: Arc<AccessMap>,
    #[cfg(feature = "testing")]
    routes: Option<Arc<Routes>>,
}

impl Protected {
    #[cfg_attr(
        not(feature = "testing"),
        allow(unused_variables, clippy::needless_pass_by_value, reason = "only tests ask for the routes")
    )]
    pub(crate) fn new<A: AuthBackend>(router: Router, guard: Guard<A>, map: AccessMap, routes: Option<Routes>) -> Self {
        Self {
            // A router that has its state makes its handlers ready now; without that axum does it, and the guard's part with
            // it, for each request anew.
            router: router.with_state::<()>(()).layer(GuardLayer::new(guard)),
            map: Arc::new(map),
            #[cfg(feature = "testing")]
            routes: routes.map(Arc::new),
        }
    }

    /// Whether a path or template is one of a route's, as far as the router tells its routes.
    #[cfg(feature = "testing")]
    pub(crate) fn knows(&self, path: &str) -> bool {
        self.routes.as_ref().is_none_or(|routes| routes.have(path))
    }

    /// Who may call what.
    pub fn access_map(&self) -> &AccessMap {
        &self.map
    }

    /// Adds a layer outside the guard: CORS, tracing, compression. As `Router::layer`.
    pub fn layer<L>(self, layer: L) -> Self
    where
        L: Layer<Route> + Clone + Send + Sync + 'static,
        L::Service: Service<Request> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request>>::Response: IntoResponse + 'static,
        <L::Service as Service<Request>>::Error: Into<Infallible> + 'static,
        <L::Service as Service<Request>>::Future: Send + 'static,
    {
        Self { router: self.router.layer(layer), ..self }
    }

    /// As `Router::into_make_service`.
    pub fn into_make_service(self) -> IntoMakeService<Router> {
        self.router.into_make_service()
    }

    /// As `Router::into_make_service_with_connect_info`.
    pub fn into_make_service_with_connect_info<C>(self) -> IntoMakeServiceWithConnectInfo<Router, C> {
        self.router.into_make_service_with_connect_info()
    }
}

/// One request.
impl<B> Service<http::Request<B>> for Protected
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = RouteFuture<Infallible>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Service::<http::Request<B>>::poll_ready(&mut self.router, cx)
    }

    fn call(&mut self, mut request: http::Request<B>) -> Self::Future {
        if request.extensions().is_empty() {
            request.extensions_mut().clone_from(&ROOM);
        } else {
            // What an outer router matched says nothing of the routes of this one.
            request.extensions_mut().remove::<MatchedPath>();
            if let Some(mount) = Mount::of(&request) {
                request.extensions_mut().insert(mount);
            }
        }
        self.router.call(request)
    }
}

/// Nothing, with room for the three that axum puts in and for the guard's: it would otherwise grow with each request.
static ROOM: LazyLock<Extensions> = LazyLock::new(|| {
    let mut room = Extensions::new();
    room.insert(0_u8);
    room.insert(0_u16);
    room.insert(0_u32);
    room.insert(0_u64);
    room.clear();
    room
});

/// One connection, for `axum::serve(listener, app)`.
impl<L: Listener> Service<IncomingStream<'_, L>> for Protected {
    type Response = Self;
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: IncomingStream<'_, L>) -> Self::Future {
        ready(Ok(self.clone()))
    }
}

impl fmt::Debug for Protected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Protected").field("map", &self.map).finish_non_exhaustive()
    }
}

//! A guarded router. It can be served and wrapped in layers, but no routes can be added.

use std::convert::Infallible;
use std::fmt;
use std::future::Ready;
use std::future::ready;
use std::sync::Arc;
use std::sync::LazyLock;
use std::task::Context;
use std::task::Poll;

use axum::Router;
use axum::ServiceExt;
use axum::body::Bytes;
use axum::body::HttpBody;
use axum::extract::MatchedPath;
use axum::extract::NestedPath;
use axum::extract::OriginalUri;
use axum::extract::Request;
use axum::extract::connect_info::IntoMakeServiceWithConnectInfo;
use axum::response::IntoResponse;
use axum::response::Response;
use axum::routing::IntoMakeService;
use axum::routing::Route;
use axum::routing::future::RouteFuture;
use axum::serve::IncomingStream;
use axum::serve::Listener;
use http::Extensions;
use jwt_auth_grammar::raw_path::is_unambiguous;
use tower_layer::Layer;
use tower_service::Service;

use crate::access::decide::{Mount, slashes};
use crate::cause::BoxError;
use crate::hooks::AuthBackend;
use crate::web::access_map::AccessMap;
use crate::web::guard::Guard;
use crate::web::guard_layer::GuardLayer;
use crate::web::routed::RecordRouted;
use crate::web::routes::Routes;

/// A guarded router. It is served like a `Router`, and [`layer`](Self::layer) adds layers outside the guard. It has no `route`,
/// `merge` or `nest`, so no route can be added that the guard does not cover. To serve public routes beside it, write
/// `Router::new().merge(public).fallback_service(app)`.
///
/// Below a prefix of an outer router (`nest_service("/api", app)`) the patterns of `exclude` still name the routes without the prefix.
/// A route is open if `exclude` opens each template that the route may have without the prefix. In rare cases this closes a route
/// that would be open without a prefix; the log says so once. `nest` before `protect` avoids this.
///
/// # What the compiler says
///
/// * ``the trait bound `for<'a> Result<Protected, ProtectError>: tower_service::Service<IncomingStream<'a, ..>>` is not
///   satisfied`` at `axum::serve`: [`protect`](crate::Backend::protect) returns a `Result`. Write
///   `axum::serve(listener, auth.protect(router)?)`.
/// * ``expected `Router`, found `Protected` `` at `Router::nest`: write `Router::new().nest("/api", routes)` first and protect the
///   result, or write `nest_service("/api", app)`.
#[derive(Clone)]
#[must_use = "a protected router does nothing until it is served"]
pub struct Protected {
    router: Router,
    about: Arc<About>,
}

/// The parts that are not needed to answer a request. All clones share them.
#[derive(Clone)]
struct About {
    map: AccessMap,
    #[cfg(feature = "testing")]
    routes: Option<Routes>,
    layers: Layers,
}

/// The layers outside the guard.
#[derive(Clone)]
enum Layers {
    /// No layer yet. Nothing can change a request between the router and the guard, so the routed request is not recorded.
    None { unguarded: Router, guard: Arc<dyn Fn(Router) -> Router + Send + Sync> },
    /// The router with all layers, but without the [`RecordRouted`] around them.
    Some(Router),
}

impl Protected {
    #[cfg_attr(
        not(feature = "testing"),
        allow(
            unused_variables,
            clippy::needless_pass_by_value,
            reason = "only the feature `testing` reads the routes"
        )
    )]
    pub(crate) fn new<A: AuthBackend>(router: Router, guard: Guard<A>, map: AccessMap, routes: Option<Routes>) -> Self {
        // With its state, a router prepares the handlers and the guard once. Without the state, axum does so for every request.
        let unguarded = router.with_state::<()>(());
        let guard = GuardLayer::new(guard);
        let router = unguarded.clone().layer(guard.clone());
        let guard: Arc<dyn Fn(Router) -> Router + Send + Sync> =
            Arc::new(move |router| router.layer(guard.inside_layers()));
        let about = About {
            map,
            #[cfg(feature = "testing")]
            routes,
            layers: Layers::None { unguarded, guard },
        };
        Self { router, about: Arc::new(about) }
    }

    /// Whether some route has this path or template. True if the routes cannot be read.
    #[cfg(feature = "testing")]
    pub(crate) fn knows(&self, path: &str) -> bool {
        self.about.routes.as_ref().is_none_or(|routes| routes.have(path))
    }

    /// The table of who may call which route.
    pub fn access_map(&self) -> &AccessMap {
        &self.about.map
    }

    /// Adds a layer outside the guard: CORS, tracing, compression. As with `Router::layer`, it runs after axum has
    /// chosen the route, so a layer that changes a request's method or path does not change which handler runs.
    ///
    /// For such a changed request, the guard looks at both the request that axum routed and the request that the layer made. It
    /// lets the request pass without a credential only if both are open, requires the scopes of both, and skips the CSRF check
    /// only if both methods are safe. If a layer drops the extensions of the request, no route is open, and every scope in the
    /// document is required.
    pub fn layer<L>(self, layer: L) -> Self
    where
        L: Layer<Route> + Clone + Send + Sync + 'static,
        L::Service: Service<Request> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request>>::Response: IntoResponse + 'static,
        <L::Service as Service<Request>>::Error: Into<Infallible> + 'static,
        <L::Service as Service<Request>>::Future: Send + 'static,
    {
        let about = Arc::unwrap_or_clone(self.about);
        let guarded = match about.layers {
            Layers::None { unguarded, guard } => guard(unguarded),
            Layers::Some(layered) => layered,
        };
        let layered = guarded.layer(layer);
        let router = layered.clone().layer(RecordRouted);
        Self { router, about: Arc::new(About { layers: Layers::Some(layered), ..about }) }
    }

    /// Like `Router::into_make_service`. It makes a `Protected` for each connection, to which no routes can be added either.
    pub fn into_make_service(self) -> IntoMakeService<Self> {
        ServiceExt::<Request>::into_make_service(self)
    }

    /// Like `Router::into_make_service_with_connect_info`. The throttle needs it to count by the client's address.
    pub fn into_make_service_with_connect_info<C>(self) -> IntoMakeServiceWithConnectInfo<Self, C> {
        ServiceExt::<Request>::into_make_service_with_connect_info(self)
    }
}

/// Answers a request.
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
            // Removes the template that an outer router matched: it is not a template of this router.
            request.extensions_mut().remove::<MatchedPath>();
            match mount(&request) {
                Some(mount) => drop(request.extensions_mut().insert(mount)),
                // That of a protected router around this one.
                None => drop(request.extensions_mut().remove::<Mount>()),
            }
        }
        self.router.call(request)
    }
}

/// Empty extensions with room for three entries of axum and one of the guard. Without it, the map would grow on every request.
static ROOM: LazyLock<Extensions> = LazyLock::new(|| {
    let mut room = Extensions::new();
    room.insert(0_u8);
    room.insert(0_u16);
    room.insert(0_u32);
    room.insert(0_u64);
    room.clear();
    room
});

/// Makes the service for a connection, for `axum::serve(listener, app)`.
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
        f.debug_struct("Protected").field("map", &self.about.map).finish_non_exhaustive()
    }
}

/// The prefix that an outer router stripped. `None` if the router is served without a prefix, on its own or beside others.
pub(crate) fn mount<B>(request: &http::Request<B>) -> Option<Mount> {
    let path = request.uri().path();
    let original = request.extensions().get::<OriginalUri>().map(|original| original.0.path());
    let nested = request.extensions().get::<NestedPath>();
    if nested.is_none() && original.is_none_or(|original| original == path) {
        return None;
    }
    // Either count alone may be too small: a layer may have removed an extension or rewritten the path.
    let stripped = |original| slashes(original).saturating_sub(slashes(path));
    let segments = original
        .zip(nested)
        .map(|(original, nested)| stripped(original).max(slashes(nested.as_str().trim_end_matches('/'))));
    // `/v1` reaches the router at `/v1` as `/`.
    let prefix = original.and_then(|original| original.strip_suffix(path).or((path == "/").then_some(original)));
    let is_plain = prefix.is_some_and(|it| is_unambiguous(it) && !it.ends_with('/') && !it.contains("//"));
    Some(Mount { uri: request.uri().clone(), segments, is_plain })
}

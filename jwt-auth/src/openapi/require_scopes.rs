//! Requires scopes for all routes of a router.

use axum::Router;
use axum::middleware::from_extractor;
use utoipa_axum::router::OpenApiRouter;

use crate::access::require::{Require, RequireAny, RequiredScopes, ScopeSet};
use crate::openapi::note::note_required;
use crate::web::protect::sealed::Sealed;

/// Requires scopes for all routes of an `OpenApiRouter`:
///
/// ```
/// use jwt_auth::openapi::RequireScopes;
/// # use jwt_auth::{auth_backend, routes, JwtUser, Keys};
/// # use utoipa_axum::router::OpenApiRouter;
/// # #[derive(Clone, JwtUser)] struct User { #[jwt_user(id)] id: u64 }
/// # #[auth_backend(kind = "bearer", user = User, scopes(admin = "Manage the shop"))] struct Auth;
/// #[utoipa::path(get, path = "/users")]
/// async fn users(user: User) {}
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let admin = OpenApiRouter::new().routes(routes!(users)).require::<auth::Admin>();
/// let router = OpenApiRouter::new().nest("/admin", admin);
/// # let auth = Auth.backend().keys(Keys::hs256_ephemeral()?).issuer("me").build()?;
/// let (app, document) = auth.protect(router)?;
/// assert!(app.access_map().to_string().contains("GET     /admin/users  scopes: admin"));
/// # Ok(()) }
/// ```
///
/// The requirement covers every route that the router has at this point, even one that the document does not describe. It does
/// not cover routes that are added later. It stays with its routes through `nest` and `merge`. A layer
/// `from_extractor::<Require<auth::Admin>>()` is also enforced, but neither the document nor the access map shows it.
pub trait RequireScopes: Sealed + Sized {
    /// Requires the scope, or every scope of a tuple, like [`Require`].
    #[must_use]
    fn require<S: ScopeSet>(self) -> Self;

    /// Requires one scope of a tuple, like [`RequireAny`].
    #[must_use]
    fn require_any<S: ScopeSet>(self) -> Self;
}

impl<R: Clone + Send + Sync + 'static> Sealed for OpenApiRouter<R> {}

impl<R: Clone + Send + Sync + 'static> RequireScopes for OpenApiRouter<R> {
    fn require<S: ScopeSet>(self) -> Self {
        demand(self, Require::<S>::REQUIRED, |router| router.route_layer(from_extractor::<Require<S>>()))
    }

    fn require_any<S: ScopeSet>(self) -> Self {
        demand(self, RequireAny::<S>::REQUIRED, |router| router.route_layer(from_extractor::<RequireAny<S>>()))
    }
}

/// Notes the requirement in the document, from which the guard reads it. The layer enforces it for routes that are not in the
/// document.
fn demand<R: Clone + Send + Sync + 'static>(
    router: OpenApiRouter<R>,
    required: RequiredScopes,
    layer: impl FnOnce(Router<R>) -> Router<R>,
) -> OpenApiRouter<R> {
    let (router, mut document) = router.split_for_parts();
    note_required(&mut document.paths, required);
    // axum panics if a layer is added to a router without routes.
    let router = if router.has_routes() { layer(router) } else { router };
    let mut router = OpenApiRouter::from(router);
    *router.get_openapi_mut() = document;
    router
}

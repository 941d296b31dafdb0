//! Demanding scopes of a whole router, where it is declared.

use axum::Router;
use axum::middleware::from_extractor;
use utoipa_axum::router::OpenApiRouter;

use crate::access::require::{Require, RequireAny, RequiredScopes, ScopeSet};
use crate::openapi::note::note_required;
use crate::web::protect::sealed::Sealed;

/// Demands scopes of a whole `OpenApiRouter`, where it is declared:
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
/// The demand holds for every route that the router has at this point, also for routes that the document does not
/// describe, but not for routes that are added later. It stays with them through `nest` and `merge`. A layer
/// `from_extractor::<Require<auth::Admin>>()` demands the same, but neither the document nor the access map shows it.
pub trait RequireScopes: Sealed + Sized {
    /// Demands the scope, or every scope of a tuple, as [`Require`] does.
    #[must_use]
    fn require<S: ScopeSet>(self) -> Self;

    /// Demands one scope of a tuple, as [`RequireAny`] does.
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

/// Notes the demand in the document, where the guard reads it. The layer is for routes that are not in the document.
fn demand<R: Clone + Send + Sync + 'static>(
    router: OpenApiRouter<R>,
    required: RequiredScopes,
    layer: impl FnOnce(Router<R>) -> Router<R>,
) -> OpenApiRouter<R> {
    let (router, mut document) = router.split_for_parts();
    note_required(&mut document.paths, required);
    // axum panics where a layer would have no route.
    let router = if router.has_routes() { layer(router) } else { router };
    let mut router = OpenApiRouter::from(router);
    *router.get_openapi_mut() = document;
    router
}

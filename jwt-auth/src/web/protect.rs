//! `protect` puts the guard around a router.

use axum::Router;

use crate::backend::Backend;
use crate::backend::Mode;
use crate::endpoints::mounted;
use crate::hooks::AuthBackend;
use crate::web::access_map::{Access, AccessMap};
use crate::web::endpoint_routes::endpoint_route;
use crate::web::guard::Guard;
use crate::web::protect_error::ProtectError;
use crate::web::protected::Protected;
use crate::web::routes::Routes;
use jwt_auth_grammar::pattern::Pattern;

impl<A: AuthBackend, M: Mode> Backend<A, M> {
    /// Guards every route of a router. The router is an axum `Router` or, with the feature `openapi`, utoipa-axum's
    /// `OpenApiRouter`. For the latter it also returns the document, with the security of every operation.
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
    /// [`ProtectError`] if the declaration contradicts the router or its document.
    #[doc(alias = "middleware")]
    #[doc(alias = "exclude")]
    #[doc(alias = "opt")]
    pub fn protect<R: Protectable>(&self, router: R) -> Result<R::Protected, ProtectError> {
        router.protect_with(self)
    }
}

pub(crate) mod sealed {
    /// Seals [`Protectable`](super::Protectable).
    pub trait Sealed {}
}

/// A router that [`Backend::protect`] takes: `axum::Router`, or utoipa-axum's `OpenApiRouter` with the feature
/// `openapi`.
#[diagnostic::on_unimplemented(
    message = "`protect` does not take a `{Self}`",
    label = "expected an axum `Router` or a utoipa-axum `OpenApiRouter`",
    note = "give a router its state first: `auth.protect(router.with_state(state))`",
    note = "an `OpenApiRouter` needs the feature `openapi` of jwt-auth"
)]
pub trait Protectable: sealed::Sealed {
    /// The result: a [`Protected`], and the document if the router has one.
    type Protected;

    #[doc(hidden)]
    fn protect_with<A: AuthBackend, M: Mode>(self, backend: &Backend<A, M>) -> Result<Self::Protected, ProtectError>;
}

impl sealed::Sealed for Router {}

impl Protectable for Router {
    type Protected = Protected;

    fn protect_with<A: AuthBackend, M: Mode>(self, backend: &Backend<A, M>) -> Result<Protected, ProtectError> {
        let router = with_endpoints(self, backend)?;
        let routes = Routes::read(&router);
        warn_of_dead_patterns(backend, routes.as_ref());
        let map = AccessMap::new(backend.stages.exclude.patterns().iter().flat_map(pattern_rows));
        Ok(Protected::new(router, Guard::new(backend), map, routes))
    }
}

/// Adds the endpoints that the library answers itself.
pub(crate) fn with_endpoints<A: AuthBackend, M: Mode>(
    mut router: Router,
    backend: &Backend<A, M>,
) -> Result<Router, ProtectError> {
    for (endpoint, path) in mounted::<A, M>() {
        // Without this check, axum would panic.
        if Routes::of(&router).is_some_and(|routes| routes.templates.iter().any(|template| template.path == path)) {
            return Err(ProtectError::PathTaken { key: endpoint.key(), path: path.to_owned() });
        }
        router = router.route(path, endpoint_route(endpoint, &backend.stages));
    }
    Ok(router)
}

/// Warns of each pattern that covers no route. For a router with a document this is an error. Without one it is only a warning,
/// because a plain router may get the route later.
fn warn_of_dead_patterns<A: AuthBackend, M>(backend: &Backend<A, M>, routes: Option<&Routes>) {
    for pattern in backend.stages.exclude.patterns() {
        if routes.is_none_or(|routes| routes.are_reached_by(pattern)) {
            continue;
        }
        if A::SPEC.token_url == Some(pattern.path) {
            tracing::warn!(
                target: "jwt_auth",
                token_url = pattern.path,
                "the router has no route at `token_url`; add one, or declare `authenticate` to have the library answer there"
            );
        } else {
            tracing::warn!(
                target: "jwt_auth",
                %pattern,
                "a pattern of `exclude` covers no route of the router; write the route as the router has it, or remove the pattern"
            );
        }
    }
}

/// The rows of a pattern in the access map, one for each method.
pub(crate) fn pattern_rows(pattern: &Pattern<'_>) -> Vec<(String, String, Access)> {
    let methods = if pattern.methods.is_empty() { &["any"][..] } else { &pattern.methods };
    methods.iter().map(|method| ((*method).to_owned(), pattern.path.to_owned(), Access::Open)).collect()
}

//! The OpenAPI document, through [utoipa](https://docs.rs/utoipa) 6 (feature `openapi`).
//!
//! Pass utoipa-axum's `OpenApiRouter` to [`protect`](crate::Backend::protect), and it returns the guarded router and its
//! document. The document then has the security scheme of the backend. Every operation has `security: []` if it is open, and
//! otherwise the scheme with the required scopes and the answers with which the guard refuses. The guard and the document use
//! the same constants, so they cannot disagree:
//!
//! ```no_run
//! # use jwt_auth::{auth_backend, routes, JwtUser, Keys, Require};
//! # use utoipa_axum::router::OpenApiRouter;
//! # #[derive(Clone, JwtUser)] struct User { #[jwt_user(id)] id: u64 }
//! #[auth_backend(kind = "bearer", user = User, scopes(write = "Change orders"), exclude = ["/schema"])]
//! struct Auth;
//!
//! #[utoipa::path(post, path = "/orders")]
//! async fn create(_: Require<auth::Write>, user: User) {}
//!
//! # let auth = Auth.backend().keys(Keys::hs256_ephemeral()?).issuer("me").build()?;
//! let router = OpenApiRouter::new().routes(routes!(create));
//! let router = router.route("/schema", axum::routing::get(jwt_auth::openapi::serve_document));
//! let (app, document) = auth.protect(router)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! An operation can get its scopes from three places. If several of them require scopes, a token must meet all of them:
//!
//! * the handler's [`Require`](crate::Require) and [`RequireAny`](crate::RequireAny) arguments;
//! * [`require`](RequireScopes::require) on a router, which covers all routes that the router has at this point;
//! * the operation's own `security(("Auth" = ["read"]), ("Auth" = ["admin"]))`. Its entries are alternatives.
//!
//! Traps:
//!
//! * Register handlers with [`routes!`](crate::routes!) of this crate, not of utoipa-axum. Otherwise a handler with a `Require`
//!   argument answers 500, and the log says what to write.
//! * If a scope is required by a layer, it is enforced, but the document does not show it. The log warns of this.
//! * Write the path of an operation exactly like its route. A service below `nest_service` has no routes that the guard
//!   could compare, so `protect` refuses a document that describes its paths.

mod arguments;
mod refusals;
mod scheme;
mod endpoint_operations;
mod note;
mod own_security;
mod document;
mod require_scopes;
mod serve;

pub use crate::openapi::require_scopes::RequireScopes;
pub use crate::openapi::serve::{ServedDocument, serve_document};

/// The items that the macros name.
pub(crate) mod private {
    pub use utoipa_axum;

    pub use crate::openapi::arguments::{DemandsNoScope, arguments_of};
    pub use crate::openapi::note::note_arguments;
}

/// Registers handlers as `utoipa_axum::routes!` does, and also records the scopes that their [`Require`](crate::Require) and
/// [`RequireAny`](crate::RequireAny) arguments require, so that the document shows them.
///
/// As for `utoipa_axum::routes!`, the application must itself depend on `utoipa` and `axum`.
///
/// ```no_run
/// # use jwt_auth::{auth_backend, routes, JwtUser, Keys, Require};
/// # use utoipa_axum::router::OpenApiRouter;
/// # #[derive(Clone, JwtUser)] struct User { #[jwt_user(id)] id: u64 }
/// # #[auth_backend(kind = "bearer", user = User, scopes(write = "Change orders"))] struct Auth;
/// # let auth = Auth.backend().keys(Keys::hs256_ephemeral()?).issuer("me").build()?;
/// #[utoipa::path(post, path = "/orders")]
/// async fn create(_: Require<auth::Write>, user: User) {}
///
/// let (app, document) = auth.protect(OpenApiRouter::new().routes(routes!(create)))?;
/// let json = serde_json::to_value(&document)?;
/// assert_eq!(json["paths"]["/orders"]["post"]["security"][0]["Auth"][0], "write");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[macro_export]
macro_rules! routes {
    ($($handler:path),+ $(,)?) => {{
        let mut all = (
            ::std::vec::Vec::new(),
            utoipa::openapi::path::Paths::new(),
            axum::routing::MethodRouter::new(),
        );
        $({
            let (schemas, mut paths, router) = $crate::__private::utoipa_axum::routes!($handler);
            {
                #[allow(unused_imports)]
                use $crate::__private::DemandsNoScope as _;
                let (a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p) = $crate::__private::arguments_of(&$handler);
                let arguments = [
                    a.noted(), b.noted(), c.noted(), d.noted(), e.noted(), f.noted(), g.noted(), h.noted(),
                    i.noted(), j.noted(), k.noted(), l.noted(), m.noted(), n.noted(), o.noted(), p.noted(),
                ];
                $crate::__private::note_arguments(&mut paths, &arguments);
            }
            all.0.extend(schemas);
            all.1.merge(paths);
            all.2 = all.2.merge(router);
        })+
        all
    }};
}

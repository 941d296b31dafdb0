//! The OpenAPI document, through [utoipa](https://docs.rs/utoipa) 6 (feature `openapi`).
//!
//! [`protect`](crate::Backend::protect) takes utoipa-axum's `OpenApiRouter` and gives back its document with the
//! security scheme of the backend and, for every operation, what the guard does with it: `security: []` where it is
//! open, else the scheme with the scopes that are demanded, and every answer with which the guard refuses. Both come from
//! the same constants, so the document cannot say what the guard does not do.
//!
//! The document knows the scopes of an operation from three places, and the guard enforces what the document says:
//!
//! * the handler's [`Require`](crate::Require) and [`RequireAny`](crate::RequireAny) arguments, if it is registered with
//!   [`routes!`](crate::routes!) of this crate. Registered otherwise, it answers 500 and logs the fix;
//! * the router: [`require`](RequireScopes::require) demands a scope of all routes of a router, where it is declared. A layer
//!   that requires a scope is enforced too, but the document does not show it, which the log says;
//! * the operation's own `security(("Auth" = ["read"]), ("Auth" = ["admin"]))`, whose entries are alternatives.
//!
//! Demands of several places hold together.

mod arguments;
mod refusals;
mod scheme;
mod endpoint_operations;
mod operations;
mod note;
mod own_security;
mod document;
mod require_scopes;
mod serve;

pub use crate::openapi::require_scopes::RequireScopes;
pub use crate::openapi::serve::{ServedDocument, serve_document};

/// What the macros name.
pub(crate) mod private {
    pub use utoipa_axum;

    pub use crate::openapi::arguments::{DemandsNoScope, arguments_of};
    pub use crate::openapi::note::note_arguments;
}

/// Registers handlers as `utoipa_axum::routes!` does, and tells the document which scopes their
/// [`Require`](crate::Require) and [`RequireAny`](crate::RequireAny) arguments demand.
///
/// The application needs `utoipa` and `axum` among its own dependencies, as for `utoipa_axum::routes!`.
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

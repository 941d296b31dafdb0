//! The OpenAPI document, through [utoipa](https://docs.rs/utoipa) 6 (feature `openapi`).
//!
//! [`protect`](crate::Backend::protect) takes utoipa-axum's `OpenApiRouter` and gives back its document with the
//! security scheme of the backend and, for every operation, what the guard does with it: `security: []` where it is
//! open, else the scheme with the scopes that are demanded, and every answer with which the guard refuses. Both come from
//! the same constants, so the document cannot say what the guard does not do.
//!
//! Scopes are found where handlers demand them with [`Require`](crate::Require), if the handlers are registered with
//! [`routes!`](crate::routes!) of this crate; a scope in an operation's own `security(("Auth" = ["read"]))` is
//! enforced by the guard. A handler whose scope the document does not know answers 500 and logs the fix.

mod arguments;
mod document;
mod endpoint_operations;
mod refusals;
mod scheme;
mod serve;
mod token_endpoint;

pub use serve::{ServedDocument, serve_document};

/// What the macros name.
pub(crate) mod private {
    pub use utoipa_axum;

    pub use super::arguments::{HandlerArguments, note_arguments};
}

/// Registers handlers as `utoipa_axum::routes!` does, and tells the document which scopes their
/// [`Require`](crate::Require) arguments demand.
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
            $crate::__private::note_arguments(&mut paths, &$handler);
            all.0.extend(schemas);
            all.1.merge(paths);
            all.2 = all.2.merge(router);
        })+
        all
    }};
}

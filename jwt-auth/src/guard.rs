//! The guard around a protected router: who may call what, scopes, and the access map.
//!
//! [`Backend::protect`](crate::Backend::protect) guards every route of a router. What `exclude` names is open; all other routes
//! need a token, and the scopes that their handlers name:
//!
//! ```no_run
//! # use axum::{Router, routing::get};
//! # use jwt_auth::{auth_backend, JwtUser, Keys, Require};
//! # #[derive(Clone, JwtUser)] struct User { #[jwt_user(id)] id: u64 }
//! #[auth_backend(kind = "bearer", user = User, scopes(read = "Read orders"), exclude = ["/health"])]
//! struct Auth;
//!
//! async fn orders(_: Require<auth::Read>, user: User) {}
//!
//! # let auth = Auth.backend().keys(Keys::hs256_ephemeral()?).issuer("me").build()?;
//! let router = Router::new().route("/health", get(|| async {})).route("/orders", get(orders));
//! let app = auth.protect(router)?;
//! println!("{}", app.access_map());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Traps:
//!
//! * Put CORS and tracing outside the guard with [`Protected::layer`](crate::Protected::layer). A preflight has no credential, so
//!   a `CorsLayer` inside the guard never sees it.
//! * A protected router takes no more routes. Public routes go beside it:
//!   `Router::new().merge(public).fallback_service(app)`.
//! * Below a prefix (`nest_service`) nothing is open, because the patterns speak of the router's own routes. Nest the inner
//!   routers first, and protect the outermost one.
//! * The parameter of a wildcard route is whatever the caller sent. Check it with [`is_clean_path`] before you open a file.

pub use crate::access::demand::Demand;
pub use crate::access::require::{Require, RequireAny, ScopeSet};
pub use crate::declaration::exclude::is_clean_path;
pub use crate::declaration::scope::Scope;
pub use crate::web::access_map::{Access, AccessMap, AccessRow};
pub use crate::web::guard_future::GuardFuture;
pub use crate::web::guard_layer::{GuardLayer, GuardService};
pub use crate::web::protect::Protectable;
pub use crate::web::protect_error::ProtectError;
pub use crate::web::protected::Protected;

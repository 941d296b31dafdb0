//! The guard around a router: which routes are open, which need a token, and which scopes they need.
//!
//! [`Backend::protect`](crate::Backend::protect) guards every route of a router. Only the routes that `exclude` names and
//! the endpoints of the declaration, such as `token_url`, are open. All other routes need a token with the
//! scopes that their handlers require:
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
//! * Put CORS and tracing outside the guard with [`Protected::layer`](crate::Protected::layer). A CORS preflight has no
//!   credential, so the guard refuses it before a `CorsLayer` inside the guard can answer.
//! * You cannot add routes to a protected router. To serve public routes beside it, write
//!   `Router::new().merge(public).fallback_service(app)`.
//! * If you mount a protected router below a prefix (`nest_service`), the patterns of `exclude` name the routes without the
//!   prefix. If the guard cannot tell a route's template from the prefix, the route stays closed. To avoid this, nest the inner
//!   routers first and protect the outermost one.
//! * A layer that changes the method or the path does not change which handler runs.
//!   [`Protected::layer`](crate::Protected::layer) explains what the guard does then.
//! * The parameter of a wildcard route can be any text that the caller sends. Check it with [`is_clean_path`] before you open
//!   a file.

pub use crate::access::demand::Demand;
pub use crate::access::require::{Require, RequireAny, ScopeSet};
pub use crate::declaration::exclude::is_clean_path;
pub use crate::declaration::scope::Scope;
pub use crate::web::access_map::{Access, AccessMap, AccessRow};
pub use crate::web::guard_layer::GuardFuture;
pub use crate::web::guard_layer::{GuardLayer, GuardService};
pub use crate::web::protect::Protectable;
pub use crate::web::protect_error::ProtectError;
pub use crate::web::protected::Protected;

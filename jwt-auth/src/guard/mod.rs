//! The guard around every route: decide, authenticate, admit.

mod access_map;
mod admit;
mod authenticate;
mod decide;
mod future;
mod layer;
mod mount;
mod operations;
mod passage;
mod protect;
mod protect_error;
mod protected;
mod routed;
mod routes;
mod session;
#[cfg(all(test, any(feature = "aws_lc_rs", feature = "rust_crypto")))]
mod differential;

pub use access_map::{Access, AccessMap, AccessRow};
#[cfg(feature = "openapi")]
pub(crate) use admit::Guard;
pub(crate) use decide::listed;
pub use future::GuardFuture;
pub use layer::{GuardLayer, GuardService};
#[cfg(feature = "openapi")]
pub(crate) use operations::{DocumentedOperation, Operations};
pub use protect::Protectable;
#[cfg(feature = "openapi")]
pub(crate) use protect::{pattern_rows, sealed, with_endpoints};
pub use protect_error::ProtectError;
pub use protected::Protected;
#[cfg(feature = "openapi")]
pub(crate) use routes::Routes;
pub(crate) use session::{Authenticated, Session, route};

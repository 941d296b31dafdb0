//! The handler for the route of the public keys of this service ([`serve_jwks`]). The metadata of a protected resource (RFC 9728)
//! needs no handler: [`protect`](crate::Backend::protect) mounts it if the declaration has a `resource`.
//!
//! Other services read the keys without a token, so name their route in `exclude`:
//!
//! ```no_run
//! # use jwt_auth::{auth_backend, Algorithm, JwtUser, Keys};
//! use axum::{Router, routing::get};
//! use jwt_auth::well_known::serve_jwks;
//! # #[derive(Clone, JwtUser)] struct User { #[jwt_user(id)] id: u64 }
//! #[auth_backend(kind = "bearer", user = User, exclude = ["/.well-known/jwks.json"])]
//! struct Auth;
//!
//! # let auth = Auth.backend().keys(Keys::from_pem_file(Algorithm::ES256, "key.pem")?).issuer("me").build()?;
//! let app = auth.protect(Router::new().route("/.well-known/jwks.json", get(serve_jwks)))?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Traps:
//!
//! * Other services may cache the keys for 300 seconds. Publish a new key at least that long before it signs.
//! * A backend with secret keys (HS256) has no public keys, so `serve_jwks` answers with an empty set.

pub use crate::web::well_known::{ServedJwks, serve_jwks};

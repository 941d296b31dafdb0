//! The handler for the route of the public keys.

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::request::Parts;

use crate::rejection::Rejection;
use crate::web::request_state::RequestState;

/// Other services may cache keys and metadata for 300 seconds. A new key must be published at least that long before it signs.
pub(crate) const PUBLIC_MAX_AGE: &str = "public, max-age=300";

/// The public keys of the backend that guards the request, as a JWK Set.
#[derive(Clone, Debug)]
pub struct ServedJwks(String);

/// A handler that answers with the public keys of the backend as a JWK Set (RFC 7517 section 8.5). Secrets and the private
/// members of keys are left out. Other services may cache the answer for 300 seconds. Name its route in `exclude`:
///
/// ```no_run
/// # use jwt_auth::{auth_backend, Algorithm, JwtUser, Keys, well_known::serve_jwks};
/// # use axum::{Router, routing::get};
/// # #[derive(Clone, JwtUser)] struct User { #[jwt_user(id)] id: u64 }
/// #[auth_backend(kind = "bearer", user = User, exclude = ["/.well-known/jwks.json"])]
/// struct Auth;
///
/// # let auth = Auth.backend().keys(Keys::from_pem_file(Algorithm::ES256, "key.pem")?).issuer("me").build()?;
/// let app = auth.protect(Router::new().route("/.well-known/jwks.json", get(serve_jwks)))?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub async fn serve_jwks(keys: ServedJwks) -> ServedJwks {
    keys
}

impl<S: Sync> FromRequestParts<S> for ServedJwks {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
        Ok(Self(RequestState::of(parts, "the keys of a backend")?.jwks()))
    }
}

impl IntoResponse for ServedJwks {
    fn into_response(self) -> Response {
        ([(CONTENT_TYPE, "application/jwk-set+json"), (CACHE_CONTROL, PUBLIC_MAX_AGE)], self.0).into_response()
    }
}

//! Serves the document at a route of the application.

use axum::body::Bytes;
use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use http::request::Parts;

use crate::rejection::Rejection;
use crate::rejection::reason::RejectionReason;
use crate::web::request_state::RequestState;

/// The document of the router that serves the request, as JSON.
#[derive(Clone, Debug)]
pub struct ServedDocument(Bytes);

/// A handler that answers with the document that `protect` made for the same router. Its route is usually open:
///
/// ```no_run
/// # use jwt_auth::{auth_backend, openapi, JwtUser, Keys};
/// # use axum::routing::get;
/// # use utoipa_axum::router::OpenApiRouter;
/// # #[derive(Clone, JwtUser)] struct User { #[jwt_user(id)] id: u64 }
/// #[auth_backend(kind = "bearer", user = User, exclude = ["/schema"])]
/// struct Auth;
///
/// # let auth = Auth.backend().keys(Keys::hs256_ephemeral()?).issuer("me").build()?;
/// let router = OpenApiRouter::new().route("/schema", get(openapi::serve_document));
/// let (app, _) = auth.protect(router)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub async fn serve_document(document: ServedDocument) -> ServedDocument {
    document
}

impl<S: Sync> FromRequestParts<S> for ServedDocument {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
        let wanted = "the OpenAPI document of an `OpenApiRouter`";
        let state = RequestState::of(parts, wanted)?;
        state.document().map(Self).ok_or_else(|| state.reject(parts, RejectionReason::NotGuarded(wanted)))
    }
}

impl IntoResponse for ServedDocument {
    fn into_response(self) -> Response {
        ([(CONTENT_TYPE, "application/json")], self.0).into_response()
    }
}

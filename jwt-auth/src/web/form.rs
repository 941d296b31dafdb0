//! Reads the form of a request to an endpoint.

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use http::HeaderMap;

use crate::oauth2::error::GrantError;
use crate::oauth2::password_form::PasswordForm;
use crate::oauth2::token_form::{MAX_BODY, is_form};

/// The bytes of a form. If the body is not a form, the log says why: the client only gets `invalid_request`.
pub(crate) async fn read_form(headers: &HeaderMap, body: Body) -> Result<Bytes, GrantError> {
    if !is_form(headers) {
        tracing::info!(target: "jwt_auth", "the body is not a form (`application/x-www-form-urlencoded` in UTF-8)");
        return Err(GrantError::InvalidRequest);
    }
    axum::body::to_bytes(body, MAX_BODY).await.map_err(|error| {
        tracing::info!(target: "jwt_auth", "the form cannot be read, or has more than {MAX_BODY} bytes: {error}");
        GrantError::InvalidRequest
    })
}

impl<S: Send + Sync> FromRequest<S> for PasswordForm {
    type Rejection = GrantError;

    async fn from_request(request: Request, _: &S) -> Result<Self, GrantError> {
        let (parts, body) = request.into_parts();
        let body = read_form(&parts.headers, body).await?;
        let wrong = "the form must have `grant_type=password`, `username` and `password`, each once and in UTF-8";
        Self::parse(&body).inspect_err(|error| {
            if *error == GrantError::InvalidRequest {
                tracing::info!(target: "jwt_auth", "{wrong}");
            }
        })
    }
}

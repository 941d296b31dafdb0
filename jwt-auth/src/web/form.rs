//! Reads the form of a token request.

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use http::HeaderMap;

use crate::oauth2::error::GrantError;
use crate::oauth2::password_form::PasswordForm;
use crate::oauth2::token_form::{MAX_BODY, is_form};

/// The bytes of a body that is a form.
pub(crate) async fn read_form(headers: &HeaderMap, body: Body) -> Result<Bytes, GrantError> {
    if !is_form(headers) {
        return Err(GrantError::InvalidRequest);
    }
    axum::body::to_bytes(body, MAX_BODY).await.map_err(|_| GrantError::InvalidRequest)
}

impl<S: Send + Sync> FromRequest<S> for PasswordForm {
    type Rejection = GrantError;

    async fn from_request(request: Request, _: &S) -> Result<Self, GrantError> {
        let (parts, body) = request.into_parts();
        let body = read_form(&parts.headers, body).await?;
        Self::parse(&body)
    }
}

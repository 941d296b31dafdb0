//! The answers to sign-ins, refreshes and sign-outs, and to their errors.

use axum::body::Body;
use axum::response::{IntoResponse, IntoResponseParts, Response, ResponseParts};
use http::header::{CONTENT_TYPE, RETRY_AFTER, SET_COOKIE, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};

use crate::no_store::{forbid_storing, forbid_storing_tokens};
use crate::oauth2::answer::GrantError;
use crate::passwords::error::PasswordError;
use crate::rejection::Rejection;
use crate::rejection::reason::RejectionReason;
use crate::session::errors::LoginError;
use crate::session::errors::RefreshError;
use crate::session::login::Login;
use crate::session::logout::{Logout, LogoutError};
use crate::store::error::StoreError;

/// The challenge for a client that does not prove who it is: HTTP Basic (RFC 7617).
const CHALLENGE: &str = "Basic realm=\"clients\", charset=\"UTF-8\"";

impl IntoResponse for Login {
    fn into_response(self) -> Response {
        let (body, media_type) = self.body.unzip();
        let mut response = Response::new(Body::from(body.unwrap_or_default()));
        *response.status_mut() = self.code;
        *response.headers_mut() = self.headers;
        if let Some(media_type) = media_type {
            response.headers_mut().insert(CONTENT_TYPE, media_type);
        }
        response
    }
}

impl IntoResponseParts for Login {
    type Error = std::convert::Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Self::Error> {
        for (name, value) in &self.headers {
            if name == SET_COOKIE {
                parts.headers_mut().append(name, value.clone());
            } else {
                parts.headers_mut().insert(name, value.clone());
            }
        }
        Ok(parts)
    }
}

impl IntoResponse for Logout {
    fn into_response(self) -> Response {
        (self, StatusCode::NO_CONTENT).into_response()
    }
}

impl IntoResponseParts for Logout {
    type Error = std::convert::Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Self::Error> {
        for cookie in self.cookies {
            parts.headers_mut().append(SET_COOKIE, cookie);
        }
        forbid_storing(parts.headers_mut());
        Ok(parts)
    }
}

impl IntoResponse for GrantError {
    fn into_response(self) -> Response {
        let body = match self.description() {
            Some(description) => serde_json::json!({ "error": self.code(), "error_description": description }),
            None => serde_json::json!({ "error": self.code() }),
        };
        let mut response = Response::new(Body::from(body.to_string()));
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        forbid_storing_tokens(headers);
        match self {
            Self::TooManyAttempts { retry_after } | Self::TryAgain { retry_after } => {
                drop(headers.insert(RETRY_AFTER, HeaderValue::from(retry_after)));
            }
            Self::InvalidClient => drop(headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(CHALLENGE))),
            Self::Unavailable => drop(headers.insert(RETRY_AFTER, HeaderValue::from_static("1"))),
            _ => {}
        }
        response
    }
}

impl IntoResponse for LoginError {
    fn into_response(self) -> Response {
        if self == Self::CrossSite {
            return Rejection::new(self.into(), None).into_response();
        }
        GrantError::from(self).into_response()
    }
}

impl IntoResponse for PasswordError {
    fn into_response(self) -> Response {
        GrantError::from(self).into_response()
    }
}

impl IntoResponse for RefreshError {
    fn into_response(self) -> Response {
        match self {
            Self::Login(error) => error.into_response(),
            other => GrantError::from(other).into_response(),
        }
    }
}

impl IntoResponse for LogoutError {
    fn into_response(self) -> Response {
        match self {
            Self::Store(error) => Rejection::new(RejectionReason::StoreFailed(error), None).into_response(),
            Self::CrossSite(rejection) | Self::Unchecked(rejection) => rejection.into_response(),
        }
    }
}

impl IntoResponse for StoreError {
    fn into_response(self) -> Response {
        tracing::error!(target: "jwt_auth", reason = "store_failed", "the store failed: {self}");
        Rejection::new(RejectionReason::StoreFailed(self), None).into_response()
    }
}

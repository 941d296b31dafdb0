//! The answers of a token endpoint: a token (RFC 6749 section 5.1), or an error (section 5.2).

use std::fmt;

use http::StatusCode;
use serde::Serialize;

/// The successful response of a token endpoint (RFC 6749 section 5.1).
#[derive(Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TokenResponse {
    /// The access token.
    pub access_token: String,
    /// Always `Bearer`.
    pub token_type: String,
    /// The remaining lifetime of the access token, in seconds.
    pub expires_in: u64,
    /// The granted scopes, separated by spaces. Absent if no scope is granted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub scope: Option<String>,
    /// The token with which the client renews the session. Absent if the session cannot be renewed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub refresh_token: Option<String>,
}

impl std::fmt::Debug for TokenResponse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenResponse").field("scope", &self.scope).finish_non_exhaustive()
    }
}

/// Why a token is not granted. The answer is `{"error": ...}` with `Cache-Control: no-store`. Its status is 400 unless
/// a variant names another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GrantError {
    /// The request is not a form, or a parameter is missing or repeated.
    InvalidRequest,
    /// The form did not arrive within 10 seconds: 408 (RFC 9110 section 15.5.9).
    Slow,
    /// The client is unknown, or does not prove who it is: 401 with a challenge (RFC 6749 section 5.2).
    InvalidClient,
    /// The user name or the password is wrong. Use it for both, so that callers do not learn which users exist.
    InvalidGrant,
    /// The endpoint does not support this `grant_type`.
    UnsupportedGrantType,
    /// A requested scope is unknown or malformed.
    InvalidScope,
    /// There were too many wrong passwords, or there are too many sign-ins at once or too many sessions: 429 with
    /// `Retry-After`.
    TooManyAttempts {
        /// After how many seconds to try again.
        retry_after: u64,
    },
    /// The store has failed: 503 with `Retry-After`.
    Unavailable,
    /// Another request came first. The same request can succeed later: 503 with `Retry-After`.
    TryAgain {
        /// After how many seconds to try again.
        retry_after: u64,
    },
    /// The server failed, for example because the user could not be looked up: 500, so that it is not mistaken for a
    /// wrong password. In an endpoint of your own, log the reason yourself.
    ServerError,
}

impl GrantError {
    /// The value of the `error` member.
    pub const fn code(self) -> &'static str {
        match self {
            Self::InvalidRequest | Self::Slow => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::InvalidScope => "invalid_scope",
            Self::TooManyAttempts { .. } => "slow_down",
            Self::Unavailable | Self::TryAgain { .. } => "temporarily_unavailable",
            Self::ServerError => "server_error",
        }
    }
}

impl GrantError {
    /// A hint for the author of the client. The other codes have none, so that an attacker learns nothing more.
    pub(crate) const fn description(self) -> Option<&'static str> {
        match self {
            Self::InvalidRequest => Some(
                "send a form (application/x-www-form-urlencoded, UTF-8) with the parameters of this endpoint (grant_type and the parameters of that grant, or the token to revoke or introspect), each parameter once, and authenticate the client in one way only",
            ),
            Self::Slow => Some("send the whole form within 10 seconds"),
            _ => None,
        }
    }

    /// The description of the answer in the OpenAPI document.
    #[cfg(feature = "openapi")]
    pub(crate) const fn meaning(self) -> &'static str {
        match self {
            Self::Slow => "The form did not arrive in time",
            Self::InvalidClient => "The client is unknown or does not prove who it is (RFC 6749 section 5.2)",
            Self::InvalidGrant => "The request cannot be granted (RFC 6749 section 5.2)",
            Self::TooManyAttempts { .. } => "Too many wrong passwords; Retry-After says when to try again",
            Self::Unavailable => "The session cannot be stored now",
            _ => "The server could not answer",
        }
    }

    pub(crate) const fn status(self) -> StatusCode {
        match self {
            Self::Slow => StatusCode::REQUEST_TIMEOUT,
            Self::InvalidClient => StatusCode::UNAUTHORIZED,
            Self::ServerError => StatusCode::INTERNAL_SERVER_ERROR,
            Self::TooManyAttempts { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable | Self::TryAgain { .. } => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::BAD_REQUEST,
        }
    }
}

impl fmt::Display for GrantError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl std::error::Error for GrantError {}

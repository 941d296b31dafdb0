//! The errors of a token endpoint (RFC 6749 section 5.2).

use std::fmt;

use http::StatusCode;

/// Why a token is not granted: 400, unless said otherwise, with `{"error": ...}`, not cached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GrantError {
    /// The request lacks a parameter, repeats one, or is not a form.
    InvalidRequest,
    /// The client is unknown, or does not prove who it is: 401 with a challenge (RFC 6749 section 5.2).
    InvalidClient,
    /// The user name or the password is wrong. Say the same for both.
    InvalidGrant,
    /// `grant_type` is another one than this endpoint grants.
    UnsupportedGrantType,
    /// A requested scope is unknown or malformed.
    InvalidScope,
    /// Too many wrong passwords, sign-ins at once, or sessions: 429 with `Retry-After`.
    TooManyAttempts {
        /// Seconds.
        retry_after: u64,
    },
    /// The store cannot answer: 503 with `Retry-After`.
    Unavailable,
    /// Another request came first, and a later one can succeed: 503 with `Retry-After`.
    TryAgain {
        /// Seconds.
        retry_after: u64,
    },
    /// The user could not be looked up: 500, so that nobody takes it for a wrong password. Log the reason yourself.
    ServerError,
}

impl GrantError {
    /// The value of the `error` member.
    pub const fn code(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
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
    /// For the author of the client. The other codes say enough, and no more to who guesses.
    pub(crate) const fn description(self) -> Option<&'static str> {
        match self {
            Self::InvalidRequest => Some(
                "send a form (application/x-www-form-urlencoded, UTF-8) with the parameters that this endpoint needs (grant_type and those of that grant, or the token to revoke or to look at), each parameter once, and one way of proving who the client is",
            ),
            _ => None,
        }
    }

    /// What the OpenAPI document says of the answer.
    #[cfg(feature = "openapi")]
    pub(crate) const fn meaning(self) -> &'static str {
        match self {
            Self::InvalidClient => "The client is unknown or does not prove who it is (RFC 6749 section 5.2)",
            Self::InvalidGrant => "The request cannot be granted (RFC 6749 section 5.2)",
            Self::TooManyAttempts { .. } => "Too many wrong passwords; Retry-After says when to try again",
            Self::Unavailable => "The session cannot be kept now",
            _ => "The server could not answer",
        }
    }

    pub(crate) const fn status(self) -> StatusCode {
        match self {
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

//! The one table from what went wrong to status, challenge and body.
//!
//! | what | status | `WWW-Authenticate` (RFC 6750 section 3) |
//! |---|---|---|
//! | no credential, or another scheme than `Bearer` | 401 | `Bearer realm="..."` |
//! | a header outside the grammar, a repeated header or cookie | 400 | `..., error="invalid_request"` |
//! | a bad, expired or revoked token, an unknown user | 401 | `..., error="invalid_token"` |
//! | a scope is missing | 403 | `..., error="insufficient_scope", scope="..."` |
//! | an unsafe request by cookie from another site | 403 | - |
//! | the user's lookup failed, a route without its guard | 500 | - |
//! | the revocation check failed | 503 with `Retry-After` | - |

pub(crate) mod presentation;
pub(crate) mod reason;

use std::fmt;
use std::sync::Arc;

use http::{HeaderValue, StatusCode};

use crate::jose::error::{ClaimError, TokenError};

pub(crate) use crate::rejection::presentation::Presentation;
use crate::rejection::presentation::challenge_without_realm;
pub use crate::rejection::reason::RejectionReason;

/// A refused request: a status, a challenge and a body. Extractors return it, the guard answers with it.
///
/// The body is a problem document (RFC 9457) unless
/// [`Builder::rejection_response`](crate::Builder::rejection_response) replaces it. The response carries the
/// [`RejectionReason`] in its extensions.
#[derive(Clone)]
pub struct Rejection {
    pub(crate) reason: RejectionReason,
    pub(crate) presentation: Option<Arc<Presentation>>,
}

impl Rejection {
    pub(crate) fn new(reason: RejectionReason, presentation: Option<&Arc<Presentation>>) -> Self {
        Self { reason, presentation: presentation.cloned() }
    }

    /// Why, exactly. Not for the caller's eyes.
    pub fn reason(&self) -> &RejectionReason {
        &self.reason
    }

    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        self.reason.status()
    }

    /// One sentence that the caller may read. It does not tell an expired token from a forged one.
    pub fn detail(&self) -> &'static str {
        self.reason.class().detail
    }

    /// The `WWW-Authenticate` header of the answer (RFC 6750 section 3), where it has one.
    pub fn challenge(&self) -> Option<HeaderValue> {
        let kind = self.reason.challenge_kind()?;
        match self.presentation.as_deref() {
            Some(presentation) => presentation.challenge(&kind),
            // A handler returned a claim error itself, or no guard ran.
            None => challenge_without_realm(&kind),
        }
    }

    /// Writes the reason to the log: what the server must mend as an error, the rest as information.
    pub(crate) fn log(&self, method: &http::Method, route: Option<&str>) {
        let (status, reason) = (self.status().as_u16(), &self.reason);
        let route = route.unwrap_or("-");
        if self.status().is_server_error() {
            tracing::error!(target: "jwt_auth", %method, route, status, "refused: {reason}");
        } else {
            tracing::info!(target: "jwt_auth", %method, route, status, "refused: {reason}");
        }
    }
}

/// A claim that a handler needs and the token does not have: 401, `invalid_token`.
impl From<ClaimError> for Rejection {
    fn from(error: ClaimError) -> Self {
        Self::new(RejectionReason::Token(TokenError::Claim(error.into_name())), None)
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.detail())
    }
}

impl fmt::Debug for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rejection").field("reason", &self.reason).finish_non_exhaustive()
    }
}

impl std::error::Error for Rejection {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.reason)
    }
}

//! Why a request is refused, and the table of statuses, bodies and challenges.

use std::borrow::Cow;
use std::fmt;

use http::StatusCode;

use crate::cause::Cause;
use crate::credential::csrf::CrossSite;
use crate::credential::error::CredentialError;
use crate::jose::error::TokenError;
use crate::store::error::StoreError;
use crate::user::lookup::NotAllowed;

/// Why a request was refused. It is for logs and for the response's extensions; the answer shows only the class.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RejectionReason {
    /// The request has no credential.
    MissingCredential,
    /// The scheme of `Authorization` is not `Bearer`.
    OtherScheme,
    /// The header is not of the form `Bearer <token>` (RFC 6750 section 2.1).
    MalformedHeader,
    /// The request has the header more than once.
    RepeatedHeader,
    /// The request has the cookie more than once.
    RepeatedCookie,
    /// The token did not verify.
    Token(TokenError),
    /// The token is revoked.
    #[doc(alias("blacklist", "denylist"))]
    Revoked,
    /// The refresh token in the cookie is not valid.
    SessionOver,
    /// The token is valid, but its user does not exist.
    UnknownUser,
    /// The token lacks at least one of these scopes, which are separated by spaces.
    InsufficientScope(Cow<'static, str>),
    /// A page of another site may have sent the request with the cookie. The text says why, for the log.
    CrossSite(Cow<'static, str>),
    /// `retrieve_user` or an extractor of the application does not let the user in.
    NotAllowed(NotAllowed),
    /// An extractor of the application does not accept the caller
    /// ([`Rejection::unauthorized`](crate::rejection::Rejection::unauthorized)).
    NotAuthenticated {
        /// The reason, for the log.
        reason: Cow<'static, str>,
        /// Whether the request has a credential.
        has_credential: bool,
    },
    /// `retrieve_user` returned an error.
    LookupFailed(Cause),
    /// The new token of a refresh could not be issued.
    LoginFailed(Cause),
    /// The issuer's keys could not be fetched, or its introspection endpoint could not be asked, so the token cannot be checked:
    /// 503 with `Retry-After`.
    IssuerUnavailable {
        /// Which issuer, and why, for the log.
        reason: String,
        /// The seconds until the issuer is asked again.
        retry_after: u64,
    },
    /// The store failed, so it is unknown whether the token is revoked, or the token could not be revoked.
    StoreFailed(StoreError),
    /// A sign-in or a refresh lost against another request, or the user has too many sessions. It can succeed later:
    /// 503 with `Retry-After`.
    TryAgain {
        /// The reason, for the log.
        reason: Cause,
        /// The number of seconds after which the same request can succeed.
        retry_after: u64,
    },
    /// `revoked` returned an error, so the token cannot be checked.
    RevocationFailed(Cause),
    /// The application's code panicked, for example in `retrieve_user` or `revoked`. The text says where.
    Panicked(&'static str),
    /// An extractor ran without a guard, or under the guard of another backend, which has another user type or other
    /// scopes.
    NotGuarded(&'static str),
    /// A handler requires a scope that its operation in the OpenAPI document does not name.
    UndocumentedScope(Cow<'static, str>),
}

/// A row of the table.
pub(crate) struct Class {
    pub(crate) status: StatusCode,
    pub(crate) detail: &'static str,
    /// The problem document (RFC 9457) of the row.
    pub(crate) problem: &'static str,
}

/// The texts contain nothing that JSON has to escape.
macro_rules! class {
    ($code:literal, $status:ident, $title:literal, $detail:literal) => {
        Class {
            status: StatusCode::$status,
            detail: $detail,
            problem: concat!(
                r#"{"detail":""#,
                $detail,
                r#"","status":"#,
                $code,
                r#","title":""#,
                $title,
                r#"","type":"about:blank"}"#
            ),
        }
    };
}

impl RejectionReason {
    pub(crate) fn class(&self) -> Class {
        match self {
            Self::MissingCredential | Self::OtherScheme | Self::NotAuthenticated { has_credential: false, .. } => {
                class!(401, UNAUTHORIZED, "Unauthorized", "this route needs an access token")
            }
            Self::MalformedHeader | Self::RepeatedHeader | Self::RepeatedCookie => {
                class!(400, BAD_REQUEST, "Bad Request", "the credential is malformed or repeated")
            }
            Self::Token(_) | Self::Revoked | Self::SessionOver | Self::UnknownUser | Self::NotAuthenticated { .. } => {
                class!(401, UNAUTHORIZED, "Unauthorized", "the access token is not valid")
            }
            Self::InsufficientScope(_) => class!(403, FORBIDDEN, "Forbidden", "the access token lacks a scope"),
            Self::NotAllowed(_) => class!(403, FORBIDDEN, "Forbidden", "the user may not do this"),
            Self::CrossSite(_) => {
                class!(403, FORBIDDEN, "Forbidden", "this request must come from the service's own pages")
            }
            Self::RevocationFailed(_) | Self::StoreFailed(_) | Self::IssuerUnavailable { .. } => {
                class!(503, SERVICE_UNAVAILABLE, "Service Unavailable", "the access token cannot be checked now")
            }
            Self::TryAgain { .. } => {
                class!(
                    503,
                    SERVICE_UNAVAILABLE,
                    "Service Unavailable",
                    "the request cannot be answered now; send it again later"
                )
            }
            Self::LookupFailed(_)
            | Self::LoginFailed(_)
            | Self::Panicked(_)
            | Self::NotGuarded(_)
            | Self::UndocumentedScope(_) => {
                class!(500, INTERNAL_SERVER_ERROR, "Internal Server Error", "the server could not answer")
            }
        }
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.class().status
    }

    /// The name of the variant in `snake_case`, for the log and for metrics. It stays the same when the text changes.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::MissingCredential => "missing_credential",
            Self::OtherScheme => "other_scheme",
            Self::MalformedHeader => "malformed_header",
            Self::RepeatedHeader => "repeated_header",
            Self::RepeatedCookie => "repeated_cookie",
            Self::Token(error) => error.code(),
            Self::Revoked => "revoked",
            Self::SessionOver => "session_over",
            Self::UnknownUser => "unknown_user",
            Self::InsufficientScope(_) => "insufficient_scope",
            Self::CrossSite(_) => "cross_site",
            Self::NotAllowed(_) => "not_allowed",
            Self::NotAuthenticated { .. } => "not_authenticated",
            Self::LookupFailed(_) => "lookup_failed",
            Self::LoginFailed(_) => "login_failed",
            Self::IssuerUnavailable { .. } => "issuer_unavailable",
            Self::StoreFailed(_) => "store_failed",
            Self::TryAgain { .. } => "try_again",
            Self::RevocationFailed(_) => "revocation_failed",
            Self::Panicked(_) => "panicked",
            Self::NotGuarded(_) => "not_guarded",
            Self::UndocumentedScope(_) => "undocumented_scope",
        }
    }

    #[cfg(feature = "openapi")]
    pub(crate) fn detail(&self) -> &'static str {
        self.class().detail
    }

    /// The seconds in the answer's `Retry-After` header, if it has one.
    pub(crate) fn retry_after(&self) -> Option<u64> {
        match self {
            Self::TryAgain { retry_after, .. } | Self::IssuerUnavailable { retry_after, .. } => Some(*retry_after),
            _ => (self.status() == StatusCode::SERVICE_UNAVAILABLE).then_some(1),
        }
    }

    /// Whether the operator has to fix something. All other refusals depend only on the request. A fetch that fails is logged
    /// when it fails, and strangers can ask for keys that no issuer has as often as they like.
    pub(crate) fn needs_fix(&self) -> bool {
        self.status().is_server_error() && !matches!(self, Self::TryAgain { .. } | Self::IssuerUnavailable { .. })
    }

    /// Whether the answer has a `WWW-Authenticate` header.
    #[cfg(feature = "openapi")]
    pub(crate) fn has_challenge(&self) -> bool {
        self.challenge_kind().is_some()
    }

    pub(crate) fn challenge_kind(&self) -> Option<ChallengeKind<'_>> {
        match self {
            Self::MissingCredential | Self::OtherScheme | Self::NotAuthenticated { has_credential: false, .. } => {
                Some(ChallengeKind::Plain)
            }
            Self::MalformedHeader | Self::RepeatedHeader | Self::RepeatedCookie => Some(ChallengeKind::InvalidRequest),
            Self::Token(_) | Self::Revoked | Self::SessionOver | Self::UnknownUser | Self::NotAuthenticated { .. } => {
                Some(ChallengeKind::InvalidToken)
            }
            Self::InsufficientScope(scope) => Some(ChallengeKind::InsufficientScope(scope)),
            Self::CrossSite(_)
            | Self::NotAllowed(_)
            | Self::LoginFailed(_)
            | Self::LookupFailed(_)
            | Self::Panicked(_)
            | Self::RevocationFailed(_)
            | Self::IssuerUnavailable { .. }
            | Self::StoreFailed(_)
            | Self::TryAgain { .. }
            | Self::NotGuarded(_)
            | Self::UndocumentedScope(_) => None,
        }
    }
}

/// The `error` parameter of a challenge (RFC 6750 section 3.1).
pub(crate) enum ChallengeKind<'r> {
    Plain,
    InvalidRequest,
    InvalidToken,
    InsufficientScope(&'r str),
}

impl From<CrossSite> for RejectionReason {
    fn from(CrossSite(why): CrossSite) -> Self {
        Self::CrossSite(why)
    }
}

impl From<CredentialError> for RejectionReason {
    fn from(error: CredentialError) -> Self {
        match error {
            CredentialError::Absent => Self::MissingCredential,
            CredentialError::OtherScheme => Self::OtherScheme,
            CredentialError::Malformed => Self::MalformedHeader,
            CredentialError::RepeatedHeader => Self::RepeatedHeader,
            CredentialError::RepeatedCookie => Self::RepeatedCookie,
        }
    }
}

impl fmt::Display for RejectionReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingCredential => f.write_str("no credential"),
            Self::OtherScheme => f.write_str("the scheme of `Authorization` is not `Bearer`"),
            Self::MalformedHeader => f.write_str("the header is not `Bearer <token>`"),
            Self::RepeatedHeader => f.write_str("the header occurs more than once"),
            Self::RepeatedCookie => f.write_str("the cookie occurs more than once"),
            Self::Token(error) => error.fmt(f),
            Self::Revoked => f.write_str("the token is revoked"),
            Self::SessionOver => f.write_str("the session cannot be renewed"),
            Self::UnknownUser => f.write_str("the token's user does not exist"),
            Self::InsufficientScope(scopes) if scopes.contains(' ') => {
                write!(f, "the token lacks at least one of the scopes `{scopes}`")
            }
            Self::InsufficientScope(scope) => write!(f, "the token lacks the scope `{scope}`"),
            Self::CrossSite(why) => {
                write!(f, "a page of another site may have sent this request with the cookie: {why}")
            }
            Self::NotAllowed(reason) => reason.fmt(f),
            Self::NotAuthenticated { reason, .. } => {
                write!(f, "the application's own guard refused the credential: {reason}")
            }
            Self::LookupFailed(error) => write!(f, "`retrieve_user` failed: {error}"),
            Self::LoginFailed(error) => write!(f, "the session cannot be renewed: {error}"),
            Self::StoreFailed(error) => write!(f, "the store failed: {error}"),
            Self::TryAgain { reason, .. } => reason.fmt(f),
            Self::IssuerUnavailable { reason, .. } => f.write_str(reason),
            Self::RevocationFailed(error) => write!(f, "`revoked` failed: {error}"),
            Self::Panicked(what) => write!(f, "{what} panicked"),
            Self::NotGuarded(wanted) => write!(
                f,
                "a handler asks for `{wanted}`, but no guard for that type ran; pass its router to `protect` of the backend that declares the type; under a backend that only verifies, write `AuthSession<Auth, VerifyOnly>`"
            ),
            Self::UndocumentedScope(scope) => write!(
                f,
                "a handler requires the scope `{scope}`, but its operation in the document does not name it; register the handler with `jwt_auth::routes!` and leave it out of `paths(...)` of `#[derive(OpenApi)]`, or add the scope to `security(...)` of its `#[utoipa::path]`"
            ),
        }
    }
}

impl std::error::Error for RejectionReason {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Token(error) => Some(error),
            Self::NotAllowed(reason) => Some(reason),
            Self::LookupFailed(error)
            | Self::LoginFailed(error)
            | Self::RevocationFailed(error)
            | Self::TryAgain { reason: error, .. } => Some(error.as_error()),
            Self::StoreFailed(error) => Some(error),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_that_can_succeed_later_is_not_a_server_error() {
        let later = RejectionReason::TryAgain { reason: "another request came first".into(), retry_after: 7 };
        let failed = RejectionReason::StoreFailed(StoreError::new("no connection"));
        assert_eq!(
            (later.status(), failed.status()),
            (StatusCode::SERVICE_UNAVAILABLE, StatusCode::SERVICE_UNAVAILABLE)
        );
        assert_eq!((later.retry_after(), failed.retry_after()), (Some(7), Some(1)));
        assert_eq!((later.needs_fix(), failed.needs_fix()), (false, true));
        let unavailable = RejectionReason::IssuerUnavailable { reason: "no answer".into(), retry_after: 9 };
        assert_eq!((unavailable.needs_fix(), unavailable.retry_after()), (false, Some(9)));
        assert_eq!(RejectionReason::Revoked.retry_after(), None);
    }
}

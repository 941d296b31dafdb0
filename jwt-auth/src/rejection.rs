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

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};

use crate::credential::CredentialError;
use crate::token::{ClaimError, TokenError};

/// Why a request was refused. For logs and for the response's extensions; the caller is told only the class.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RejectionReason {
    /// No credential.
    MissingCredential,
    /// `Authorization` has another scheme than `Bearer`.
    OtherScheme,
    /// The header is not what RFC 6750 section 2.1 says.
    MalformedHeader,
    /// The header came on more than one line.
    RepeatedHeader,
    /// The cookie came more than once.
    RepeatedCookie,
    /// The token did not verify.
    Token(TokenError),
    /// The token is revoked.
    Revoked,
    /// The token is good and its user does not exist.
    UnknownUser,
    /// The token lacks this scope.
    InsufficientScope(Cow<'static, str>),
    /// A request by cookie that another site may have caused.
    CrossSite,
    /// The user's `retrieve_user` failed.
    LookupFailed(String),
    /// The user's `revoked` failed, so nothing can be said about the token.
    RevocationFailed(String),
    /// An extractor ran where no guard did, or under the guard of another backend.
    NotGuarded(&'static str),
    /// A handler demands a scope that its operation in the document does not name.
    UndocumentedScope(&'static str),
}

/// A refused request: a status, a challenge and a body. Extractors return it, the guard answers with it.
///
/// The body is a problem document (RFC 9457) unless
/// [`Builder::rejection_response`](crate::Builder::rejection_response) replaces it. The response carries the
/// [`RejectionReason`] in its extensions.
#[derive(Clone)]
pub struct Rejection {
    reason: RejectionReason,
    presentation: Option<Arc<Presentation>>,
}

/// How one backend presents its refusals; its challenges are made once.
pub(crate) struct Presentation {
    realm: String,
    plain: HeaderValue,
    invalid_request: HeaderValue,
    invalid_token: HeaderValue,
    render: Option<Box<Renderer>>,
}

pub(crate) type Renderer = dyn Fn(&Rejection) -> Response + Send + Sync;

/// A row of the table.
struct Class {
    status: StatusCode,
    title: &'static str,
    detail: &'static str,
}

impl RejectionReason {
    fn class(&self) -> Class {
        let (status, title, detail) = match self {
            Self::MissingCredential | Self::OtherScheme => {
                (StatusCode::UNAUTHORIZED, "Unauthorized", "this route needs an access token")
            }
            Self::MalformedHeader | Self::RepeatedHeader | Self::RepeatedCookie => {
                (StatusCode::BAD_REQUEST, "Bad Request", "the credential is malformed or repeated")
            }
            Self::Token(_) | Self::Revoked | Self::UnknownUser => {
                (StatusCode::UNAUTHORIZED, "Unauthorized", INVALID_TOKEN_DESCRIPTION)
            }
            Self::InsufficientScope(_) => (StatusCode::FORBIDDEN, "Forbidden", "the access token lacks a scope"),
            Self::CrossSite => {
                (StatusCode::FORBIDDEN, "Forbidden", "this request must come from the service's own pages")
            }
            Self::RevocationFailed(_) => {
                (StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable", "the access token cannot be checked now")
            }
            Self::LookupFailed(_) | Self::NotGuarded(_) | Self::UndocumentedScope(_) => {
                (StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error", "the server could not answer")
            }
        };
        Class { status, title, detail }
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.class().status
    }

    #[cfg(feature = "openapi")]
    pub(crate) fn detail(&self) -> &'static str {
        self.class().detail
    }

    /// Whether the answer has a `WWW-Authenticate` header.
    #[cfg(feature = "openapi")]
    pub(crate) fn has_challenge(&self) -> bool {
        self.challenge_kind().is_some()
    }

    fn challenge_kind(&self) -> Option<ChallengeKind<'_>> {
        match self {
            Self::MissingCredential | Self::OtherScheme => Some(ChallengeKind::Plain),
            Self::MalformedHeader | Self::RepeatedHeader | Self::RepeatedCookie => Some(ChallengeKind::InvalidRequest),
            Self::Token(_) | Self::Revoked | Self::UnknownUser => Some(ChallengeKind::InvalidToken),
            Self::InsufficientScope(scope) => Some(ChallengeKind::InsufficientScope(scope)),
            Self::CrossSite
            | Self::LookupFailed(_)
            | Self::RevocationFailed(_)
            | Self::NotGuarded(_)
            | Self::UndocumentedScope(_) => None,
        }
    }
}

/// The `error` parameter of a challenge (RFC 6750 section 3.1).
enum ChallengeKind<'r> {
    Plain,
    InvalidRequest,
    InvalidToken,
    InsufficientScope(&'r str),
}

const INVALID_TOKEN_DESCRIPTION: &str = "the access token is not valid";

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
        let Some(presentation) = self.presentation.as_deref() else {
            // Only a claim error that a handler returns itself comes without a backend.
            return Some(HeaderValue::from_static("Bearer error=\"invalid_token\""));
        };
        match kind {
            ChallengeKind::Plain => Some(presentation.plain.clone()),
            ChallengeKind::InvalidRequest => Some(presentation.invalid_request.clone()),
            ChallengeKind::InvalidToken => Some(presentation.invalid_token.clone()),
            ChallengeKind::InsufficientScope(scope) => {
                let parameters = format!("error=\"insufficient_scope\", scope=\"{scope}\"");
                challenge(&presentation.realm, Some(&parameters))
            }
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

    /// The body that is sent unless the builder names another.
    fn problem(&self) -> Response {
        let Class { status, title, detail } = self.reason.class();
        let body = serde_json::json!({
            "type": "about:blank",
            "title": title,
            "status": status.as_u16(),
            "detail": detail,
        });
        let mut response = Response::new(Body::from(body.to_string()));
        *response.status_mut() = status;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        response
    }
}

impl Presentation {
    /// `None` where the realm holds a character that a quoted string cannot.
    pub(crate) fn new(realm: &str, render: Option<Box<Renderer>>) -> Option<Self> {
        let legal = |byte| matches!(byte, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e);
        if realm.is_empty() || !realm.bytes().all(legal) {
            return None;
        }
        let invalid_token = format!("error=\"invalid_token\", error_description=\"{INVALID_TOKEN_DESCRIPTION}\"");
        Some(Self {
            realm: realm.to_owned(),
            plain: challenge(realm, None)?,
            invalid_request: challenge(realm, Some("error=\"invalid_request\""))?,
            invalid_token: challenge(realm, Some(&invalid_token))?,
            render,
        })
    }
}

fn challenge(realm: &str, parameters: Option<&str>) -> Option<HeaderValue> {
    let value = match parameters {
        Some(parameters) => format!("Bearer realm=\"{realm}\", {parameters}"),
        None => format!("Bearer realm=\"{realm}\""),
    };
    HeaderValue::from_str(&value).ok()
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        let render = self.presentation.as_deref().and_then(|presentation| presentation.render.as_deref());
        let mut response = render.map_or_else(|| self.problem(), |render| render(&self));
        // A rendering of the user's own may redirect; where it keeps the status it keeps the challenge.
        if response.status() == self.status()
            && let Some(challenge) = self.challenge()
        {
            response.headers_mut().entry(WWW_AUTHENTICATE).or_insert(challenge);
        }
        if response.status() == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().entry(RETRY_AFTER).or_insert(HeaderValue::from_static("1"));
        }
        response.headers_mut().entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
        response.extensions_mut().insert(self.reason);
        response
    }
}

/// A claim that a handler needs and the token does not have: 401, `invalid_token`.
impl From<ClaimError> for Rejection {
    fn from(error: ClaimError) -> Self {
        Self::new(RejectionReason::Token(TokenError::Claim(error.into_name())), None)
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
            Self::RepeatedHeader => f.write_str("the header came on more than one line"),
            Self::RepeatedCookie => f.write_str("the cookie came more than once"),
            Self::Token(error) => error.fmt(f),
            Self::Revoked => f.write_str("the token is revoked"),
            Self::UnknownUser => f.write_str("the token's user does not exist"),
            Self::InsufficientScope(scope) => write!(f, "the token lacks the scope `{scope}`"),
            Self::CrossSite => f.write_str(
                "a request by cookie that another site may have caused; if it is a page of yours, name it with `allowed_origin`",
            ),
            Self::LookupFailed(error) => write!(f, "`retrieve_user` failed: {error}"),
            Self::RevocationFailed(error) => write!(f, "`revoked` failed: {error}"),
            Self::NotGuarded(wanted) => write!(
                f,
                "a handler asks for `{wanted}`, and no guard ran for that type; pass its router to `protect` of the backend that has this type"
            ),
            Self::UndocumentedScope(scope) => write!(
                f,
                "a handler requires the scope `{scope}`, and its operation in the document does not say so; register it with `jwt_auth::routes!` or add it to `security(...)` of its `#[utoipa::path]`"
            ),
        }
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

impl std::error::Error for Rejection {}

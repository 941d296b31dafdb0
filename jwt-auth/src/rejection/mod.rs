//! Why a request is refused, and how it is answered.
//!
//! The answer shows only the class of the reason: a status, a challenge (RFC 6750 section 3), and a problem document
//! (RFC 9457) with one sentence. The exact [`RejectionReason`] goes to the log and into the extensions of the response.
//!
//! | reason | status | `WWW-Authenticate` | `detail` of the body |
//! |---|---|---|---|
//! | `MissingCredential`, `OtherScheme`, `NotAuthenticated` without a credential | 401 | `Bearer realm="..."` | this route needs an access token |
//! | `MalformedHeader`, `RepeatedHeader`, `RepeatedCookie` | 400 | `..., error="invalid_request"` | the credential is malformed or repeated |
//! | `Token`, `Revoked`, `SessionOver`, `UnknownUser`, `NotAuthenticated` with a credential | 401 | `..., error="invalid_token"` | the access token is not valid |
//! | `InsufficientScope` | 403 | `..., error="insufficient_scope", scope="..."` | the access token lacks a scope |
//! | `NotAllowed` | 403 | | the user may not do this |
//! | `CrossSite` | 403 | | this request must come from the service's own pages |
//! | `RevocationFailed`, `StoreFailed`, `IssuerUnavailable` | 503 | | the access token cannot be checked now |
//! | `TryAgain` | 503 | | the request cannot be answered now; send it again later |
//! | `LookupFailed`, `LoginFailed`, `Panicked`, `NotGuarded`, `UndocumentedScope` | 500 | | the server could not answer |
//!
//! If the document names scopes for the operation, the challenge of a 401 has them as `scope="..."`, and with a `resource` in the
//! declaration every challenge has `resource_metadata="..."`, the URL where a client learns who issues tokens (RFC 9728 section
//! 5.1).
//!
//! A 400 or 401 that rests on a cookie which will never be good again has `Set-Cookie` headers that remove the cookie, also if the
//! application answers itself. The page of [`auth_backend`](macro@crate::auth_backend) says when.
//!
//! A 503 has `Retry-After`. Every answer has `Cache-Control: no-store`, unless your own rendering sets another.
//! [`Builder::sign_in_page`](crate::Builder::sign_in_page) sends browsers that open a page to the sign-in, and
//! [`Builder::rejection_response`](crate::Builder::rejection_response) replaces the body or the whole answer:
//!
//! ```no_run
//! # use jwt_auth::{auth_backend, JwtUser, Keys};
//! # #[derive(Clone, JwtUser)] struct User { #[jwt_user(id)] id: u64 }
//! # #[auth_backend(kind = "bearer", user = User)] struct Auth;
//! let auth = Auth.backend()
//!     .keys(Keys::hs256_from_env("JWT_SECRET")?)
//!     .issuer("https://api.example.com")
//!     .rejection_response(|rejection, _request| (rejection.status(), rejection.detail()))
//!     .build()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Traps:
//!
//! * The answers to an expired and to a forged token are the same. To tell them apart, read the log or the reason in
//!   the response's extensions.
//! * In your own extractors, refuse with [`Rejection::forbidden`], [`Rejection::unauthorized`] or
//!   [`Rejection::insufficient_scope`], so that the answer has the same form as an answer of the guard.

pub(crate) mod reason;
pub(crate) mod challenge;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use http::request::Parts;
use http::{HeaderValue, StatusCode};

pub use crate::cause::{BoxError, Cause};
pub use crate::jose::error::{ClaimError, TokenError};
use crate::jose::token::Token;
pub(crate) use crate::rejection::challenge::Presentation;
use crate::rejection::challenge::challenge_without_realm;
pub use crate::rejection::reason::RejectionReason;
use crate::request_info::RequestFacts;

/// The refusal of a request: a status, a challenge and a body. The guard answers with it, and extractors return it.
///
/// The body is a problem document (RFC 9457) unless
/// [`Builder::rejection_response`](crate::Builder::rejection_response) replaces it. The response carries the
/// [`RejectionReason`] in its extensions.
#[derive(Clone)]
#[doc(alias("exception", "error_handler", "on_error"))]
pub struct Rejection {
    pub(crate) reason: RejectionReason,
    pub(crate) presentation: Option<Arc<Presentation>>,
}

impl Rejection {
    pub(crate) fn new(reason: RejectionReason, presentation: Option<&Arc<Presentation>>) -> Self {
        Self { reason, presentation: presentation.cloned() }
    }

    /// A refusal of this request. It keeps the head of the request only if the application answers refusals itself.
    pub(crate) fn of(request: &Parts, reason: RejectionReason, presentation: &Arc<Presentation>) -> Self {
        let presentation =
            if presentation.keeps_request() { Arc::new(presentation.about(request)) } else { Arc::clone(presentation) };
        Self { reason, presentation: Some(presentation) }
    }

    /// Adds `Set-Cookie` headers that remove cookies which are no longer good.
    pub(crate) fn remove(&mut self, cookies: Vec<HeaderValue>) {
        if cookies.is_empty() {
            return;
        }
        if let Some(presentation) = &self.presentation {
            self.presentation = Some(Arc::new(presentation.removing(cookies)));
        }
    }

    /// The `Set-Cookie` headers that remove cookies.
    pub(crate) fn removed_cookies(&self) -> &[HeaderValue] {
        self.presentation.as_deref().map_or(&[], Presentation::removed_cookies)
    }

    /// Adds the scopes of the operation to the challenge of a 401, so that the client can request a token that has them.
    pub(crate) fn want(&mut self, scope: impl FnOnce() -> Option<Cow<'static, str>>) {
        if self.status() == StatusCode::UNAUTHORIZED
            && let (Some(presentation), Some(scope)) = (&self.presentation, scope())
        {
            self.presentation = Some(Arc::new(presentation.wanting(scope)));
        }
    }

    /// The exact reason. Do not show it to the caller.
    pub fn reason(&self) -> &RejectionReason {
        &self.reason
    }

    /// The HTTP status of the answer.
    pub fn status(&self) -> StatusCode {
        self.reason.status()
    }

    /// One sentence that the caller may see. It is the same for an expired and a forged token.
    pub fn detail(&self) -> &'static str {
        self.reason.class().detail
    }

    /// The `WWW-Authenticate` header of the answer (RFC 6750 section 3), if it has one.
    pub fn challenge(&self) -> Option<HeaderValue> {
        let kind = self.reason.challenge_kind()?;
        match self.presentation.as_deref() {
            Some(presentation) => presentation.challenge(&kind),
            // A handler returned a `ClaimError`, or no guard ran.
            None => challenge_without_realm(&kind),
        }
    }

    /// Logs the reason: as an error if the operator has to fix something, otherwise at the level `info`.
    /// `token` is the token of the request, if it was verified.
    pub(crate) fn log(&self, request: RequestFacts<'_>, token: Option<&Token>) {
        let kid = || match &self.reason {
            RejectionReason::Token(TokenError::UnknownKey { kid, .. }) => kid.as_deref(),
            _ => None,
        };
        // The fields are only read if somebody listens.
        macro_rules! log {
            ($level:ident) => {
                tracing::$level!(
                    target: "jwt_auth",
                    method = %request.method,
                    route = request.route_field(),
                    status = self.status().as_u16(),
                    client = request.client_field(),
                    reason = self.reason.code(),
                    issuer = token.map(Token::issuer),
                    subject = token.map(Token::subject),
                    jti = token.and_then(Token::jwt_id),
                    kid = kid(),
                    "refused: {}",
                    self.reason
                )
            };
        }
        if self.reason.needs_fix() {
            log!(error);
        } else {
            log!(info);
        }
    }
}

/// A token lacks a claim that a handler needs: 401 with `invalid_token`.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::error::StoreError;
    use crate::user::lookup::NotAllowed;

    /// One reason of each variant, with its name.
    fn reasons() -> Vec<(&'static str, RejectionReason)> {
        use RejectionReason as R;
        let unauthenticated = |has_credential| R::NotAuthenticated { reason: "x".into(), has_credential };
        let cause = || Cause::new(BoxError::from("x"));
        vec![
            ("MissingCredential", R::MissingCredential),
            ("OtherScheme", R::OtherScheme),
            ("NotAuthenticated` without a credential", unauthenticated(false)),
            ("MalformedHeader", R::MalformedHeader),
            ("RepeatedHeader", R::RepeatedHeader),
            ("RepeatedCookie", R::RepeatedCookie),
            ("Token", R::Token(TokenError::Expired)),
            ("Revoked", R::Revoked),
            ("SessionOver", R::SessionOver),
            ("UnknownUser", R::UnknownUser),
            ("NotAuthenticated` with a credential", unauthenticated(true)),
            ("InsufficientScope", R::InsufficientScope("...".into())),
            ("NotAllowed", R::NotAllowed(NotAllowed::because("x"))),
            ("CrossSite", R::CrossSite("x".into())),
            ("RevocationFailed", R::RevocationFailed(cause())),
            ("StoreFailed", R::StoreFailed(StoreError::new("x"))),
            ("IssuerUnavailable", R::IssuerUnavailable { reason: "x".into(), retry_after: 1 }),
            ("TryAgain", R::TryAgain { reason: cause(), retry_after: 1 }),
            ("LookupFailed", R::LookupFailed(cause())),
            ("LoginFailed", R::LoginFailed(cause())),
            ("Panicked", R::Panicked("x")),
            ("NotGuarded", R::NotGuarded("x")),
            ("UndocumentedScope", R::UndocumentedScope("x".into())),
        ]
    }

    #[test]
    fn a_code_is_the_name_of_its_variant() {
        for (name, reason) in reasons().into_iter().filter(|(name, _)| *name != "Token") {
            let name = name.split('`').next().unwrap_or_default();
            let mut code = String::new();
            for letter in name.chars() {
                if letter.is_uppercase() && !code.is_empty() {
                    code.push('_');
                }
                code.extend(letter.to_lowercase());
            }
            assert_eq!(reason.code(), code);
        }
        assert_eq!(RejectionReason::Token(TokenError::NotBase64Url).code(), "token_not_base64_url");
    }

    #[test]
    fn the_table_above_matches_the_answers() {
        let page = include_str!("mod.rs");
        for (name, reason) in reasons() {
            let rejection = Rejection::new(reason, None);
            let name = if name.contains('`') { format!("`{name}") } else { format!("`{name}`") };
            let row = page.lines().find(|line| line.starts_with("//! | `") && line.contains(&name)).expect(&name);
            assert!(row.contains(&format!("| {} |", rejection.status().as_u16())), "{row}");
            assert!(row.ends_with(&format!("| {} |", rejection.detail())), "{row}");
            let challenge = rejection.challenge();
            let error = challenge.as_ref().and_then(|value| value.to_str().ok()).unwrap_or_default();
            let shown = match error.split_once("error=") {
                Some((_, parameters)) => format!("error={parameters}"),
                None => String::new(),
            };
            assert!(row.contains(&shown), "{row}: {shown}");
            assert_eq!(row.contains("Bearer realm") || row.contains("error="), challenge.is_some(), "{row}");
        }
    }
}

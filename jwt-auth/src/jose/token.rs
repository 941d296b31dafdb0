//! A verified token.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use jwt_auth_grammar::claim::TextClaim;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::jose::claims::Claims;
use crate::jose::error::ClaimError;
use crate::jose::payload::Payload;

/// The claims of a token whose signature, times, issuer, audience and type were checked.
///
/// There is no public constructor, so a `Token` proves that it was verified. Cloning is cheap (one reference count). As an
/// extractor it answers 401 if the request has no valid token. `Option<Token>` is `None` if the request has no token at all, and
/// still answers 401 if the token is invalid.
///
/// ```
/// use jwt_auth::Token;
/// async fn who(token: Token) -> String {
///     format!("{} until {}", token.subject(), token.expires_at())
/// }
/// ```
#[doc(alias = "current_user")]
#[doc(alias = "claims")]
#[derive(Clone)]
pub struct Token {
    pub(crate) claims: Arc<Payload>,
}

impl Token {
    /// A token made of these claims, for looking up a user without the token of a request.
    pub(crate) fn of(claims: &Claims) -> Self {
        Self::new(Payload::of(claims))
    }

    pub(crate) fn new(claims: Payload) -> Self {
        Self { claims: Arc::new(claims) }
    }

    /// Whom the token is about: the `sub` claim (RFC 7519 section 4.1.2), or, for an issuer with
    /// [`subject_claims`](crate::issuer::Issuer::subject_claims), the first of these claims that the token has.
    pub fn subject(&self) -> &str {
        self.claims.sub()
    }

    /// Who issued the token: the `iss` claim (RFC 7519 section 4.1.1). For an issuer with several spellings
    /// ([`also_named`](crate::issuer::Issuer::also_named)) it is always the first one.
    pub fn issuer(&self) -> &str {
        self.claims.iss()
    }

    /// The `aud` claim (RFC 7519 section 4.1.3): whom the token is for. There is one entry if the claim is a string.
    pub fn audience(&self) -> impl Iterator<Item = &str> {
        self.claims.aud()
    }

    /// The `exp` claim in seconds since 1970 (RFC 7519 section 4.1.4).
    pub fn expires_at(&self) -> u64 {
        self.claims.exp
    }

    /// The `iat` claim in seconds since 1970 (RFC 7519 section 4.1.6). Our own tokens always have it; those of another issuer may
    /// lack it.
    pub fn issued_at(&self) -> Option<u64> {
        self.claims.iat
    }

    /// The `nbf` claim in seconds since 1970 (RFC 7519 section 4.1.5), if the token has one.
    pub fn not_before(&self) -> Option<u64> {
        self.claims.nbf
    }

    /// The `jti` claim (RFC 7519 section 4.1.7): the token's own id, unique within its issuer. Our own tokens always have it; those
    /// of another issuer may lack it, and then only their session or their user can be revoked.
    pub fn jwt_id(&self) -> Option<&str> {
        self.claims.jti()
    }

    /// The `client_id` claim (RFC 9068 section 2.2): the client that the token was issued to, if the token names one.
    pub fn client_id(&self) -> Option<&str> {
        self.claims.text(TextClaim::ClientId)
    }

    /// The `sid` claim: the session that the token belongs to, if any. A refresh token continues this session.
    pub fn session(&self) -> Option<&str> {
        self.claims.text(TextClaim::Session)
    }

    /// The granted scopes, from the `scope` claim (RFC 8693 section 4.2; RFC 6749 section 3.3). For another issuer they come from
    /// the claims that its [`Issuer`](crate::issuer::Issuer) names.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.claims.scopes()
    }

    /// Whether `scope` is among [`scopes`](Self::scopes), compared byte by byte. Only the scopes in the token itself count, not
    /// those that another scope implies (`write(read) = "..."`). [`Require`](crate::Require) accepts implied scopes too.
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scopes().any(|granted| granted == scope)
    }

    /// Reads any other top-level claim as a `T`. An absent claim is read like JSON `null`, so `token.claim::<Option<T>>("plan")`
    /// returns `None` for it.
    ///
    /// # Errors
    ///
    /// [`ClaimError`] names the claim that is absent or not of this type. In a handler that returns a
    /// [`Rejection`](crate::Rejection), `?` turns it into the 401 of an invalid token.
    pub fn claim<T: DeserializeOwned>(&self, name: &str) -> Result<T, ClaimError> {
        self.claims.claim(name).ok_or_else(|| ClaimError::new(Cow::Owned(name.to_owned())))
    }

    /// All unregistered claims, as JSON.
    pub fn extras(&self) -> &serde_json::Map<String, Value> {
        self.claims.extras()
    }
}

/// Prints the `jti` and the `exp`, never the token itself.
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").field("jti", &self.claims.jti()).field("exp", &self.claims.exp).finish_non_exhaustive()
    }
}

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
/// There is no public constructor: holding a `Token` is the proof that it verified. It is a cheap clone (one
/// reference count). As an extractor it answers 401 where no valid token was presented; `Option<Token>` is `None`
/// where none was presented at all and still 401 where an invalid one was.
///
/// ```
/// use jwt_auth::Token;
/// async fn who(token: Token) -> String {
///     format!("{} until {}", token.subject(), token.expires_at())
/// }
/// ```
#[derive(Clone)]
pub struct Token {
    pub(crate) claims: Arc<Payload>,
}

impl Token {
    /// For a user who is looked up without a request's token.
    pub(crate) fn of(claims: &Claims) -> Self {
        Self::new(Payload::of(claims))
    }

    pub(crate) fn new(claims: Payload) -> Self {
        Self { claims: Arc::new(claims) }
    }

    /// The `sub` claim (RFC 7519 section 4.1.2): whom the token is about.
    pub fn subject(&self) -> &str {
        self.claims.sub()
    }

    /// The `iss` claim (RFC 7519 section 4.1.1): who issued the token.
    pub fn issuer(&self) -> &str {
        self.claims.iss()
    }

    /// The `aud` claim (RFC 7519 section 4.1.3): whom the token is for. One entry where the claim is a string.
    pub fn audience(&self) -> impl Iterator<Item = &str> {
        self.claims.aud()
    }

    /// The `exp` claim in seconds since 1970 (RFC 7519 section 4.1.4).
    pub fn expires_at(&self) -> u64 {
        self.claims.exp
    }

    /// The `iat` claim in seconds since 1970 (RFC 7519 section 4.1.6).
    pub fn issued_at(&self) -> u64 {
        self.claims.iat
    }

    /// The `nbf` claim in seconds since 1970 (RFC 7519 section 4.1.5), where the token has one.
    pub fn not_before(&self) -> Option<u64> {
        self.claims.nbf
    }

    /// The `jti` claim (RFC 7519 section 4.1.7): the token's own name, unique within its issuer.
    pub fn jwt_id(&self) -> &str {
        self.claims.jti()
    }

    /// The `client_id` claim (RFC 9068 section 2.2): the client that the token was issued to, where the token has one.
    pub fn client_id(&self) -> Option<&str> {
        self.claims.text(TextClaim::ClientId)
    }

    /// The `sid` claim: the session that a refresh token continues, where the token is of one.
    pub fn session(&self) -> Option<&str> {
        self.claims.text(TextClaim::Session)
    }

    /// The granted scopes, from the `scope` claim (RFC 8693 section 4.2; RFC 6749 section 3.3).
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.claims.text(TextClaim::Scope).unwrap_or_default().split(' ').filter(|scope| !scope.is_empty())
    }

    /// Whether `scope` is among [`scopes`](Self::scopes), compared byte by byte. This is what the token itself says: a scope
    /// that another one implies (`write(read) = "..."`) is not among them. [`Require`](crate::Require) knows of those.
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scopes().any(|granted| granted == scope)
    }

    /// Any other top-level claim, as the type it is read into. An absent claim is read as JSON `null` is, so that
    /// `token.claim::<Option<T>>("plan")` gives `None` for it.
    ///
    /// # Errors
    ///
    /// [`ClaimError`] names the claim that is absent or not of this type. In a handler it becomes the 401 of an
    /// invalid token by `?` on a [`Rejection`](crate::Rejection).
    pub fn claim<T: DeserializeOwned>(&self, name: &str) -> Result<T, ClaimError> {
        self.claims.claim(name).ok_or_else(|| ClaimError::new(Cow::Owned(name.to_owned())))
    }

    /// All claims that are not registered ones, as JSON.
    pub fn extras(&self) -> &serde_json::Map<String, Value> {
        self.claims.extras()
    }
}

/// Prints who and which token, never the token itself.
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").field("jti", &self.claims.jti()).field("exp", &self.claims.exp).finish_non_exhaustive()
    }
}

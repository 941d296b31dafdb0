//! Authenticates a request: credential, token (RFC 7519 section 7.2), CSRF for a cookie, revocation, user. Each step runs only if
//! the steps before it succeeded, and each refusal is a [`RejectionReason`]. The page of `rejection` has a table of their
//! statuses.

use std::any::Any;
use std::sync::Arc;

use http::request::Parts;

use crate::caches::tokens::TokenCache;
use crate::caches::users::UserCache;
use crate::catch_panic::{Panicked, catch_panic_async};
use crate::cause::{BoxError, Cause};
use crate::clock::{Clock, ClockError, timestamp};
#[cfg(feature = "remote_jwks")]
use crate::credential::bearer::is_b64token;
use crate::credential::csrf;
use crate::credential::error::CredentialError;
use crate::credential::sources::{Carrier, Credential, Sources};
use crate::hooks::AuthBackend;
#[cfg(feature = "remote_jwks")]
use crate::issuer::introspected::{NotIntrospected, introspect};
use crate::issuer::trust::Trust;
use crate::issuer::verified_token::VerifiedToken;
use crate::issuer::verify::Unverified;
use crate::jose::compact;
use crate::jose::error::{ClaimError, TokenError};
use crate::jose::token::Token;
use crate::keys::source::KeysUnavailable;
use crate::records::names::SessionId;
use crate::records::sessions::Sessions;
use crate::records::summary::{AccessToken, Standing};
use crate::rejection::reason::RejectionReason;
use crate::store::error::StoreError;
use crate::store::subject_tag::SubjectTag;
use crate::user::lookup::NotAllowed;

/// The most different cookies of one name that are checked for one request.
const MAX_COOKIES: usize = 8;

/// Everything that is needed to authenticate a request. `build()` makes it once.
pub(crate) struct Authenticator<A> {
    /// The struct with `#[auth_backend]`, with the functions that the application supplies.
    pub(crate) hooks: A,
    /// Where a request may carry a token.
    pub(crate) sources: Sources,
    /// The issuers, each with its keys and with what its tokens must be.
    pub(crate) trust: Trust,
    /// Tokens that verified. `None` if none is cached.
    pub(crate) tokens: Option<TokenCache>,
    /// `None` for a backend that only verifies and names no store: then only the application's `revoked` can revoke a token.
    pub(crate) sessions: Option<Sessions>,
    /// Users that `retrieve_user` found. `None` if none is cached.
    pub(crate) users: Option<UserCache>,
    pub(crate) clock: Arc<dyn Clock>,
    /// Whether a request is usually authenticated without waiting: the declaration names neither `retrieve_user` nor `revoked`,
    /// and the store is not remote. The request can then wait only for the first fetch of an issuer's keys.
    pub(crate) seldom_waits: bool,
}

/// A verified token and its user.
#[derive(Clone)]
pub(crate) struct Authenticated {
    pub(crate) token: Token,
    pub(crate) carrier: Carrier,
    /// Of the backend's user type.
    pub(crate) user: Arc<dyn Any + Send + Sync>,
    /// When the clock was read, before the token was checked. Always `Ok`: without the time no token is accepted.
    pub(crate) checked_at: Result<u64, ClockError>,
}

/// Why a request is not authenticated.
pub(crate) struct Refusal {
    pub(crate) reason: RejectionReason,
    /// The token of the request, if it was verified.
    pub(crate) token: Option<Token>,
}

impl From<RejectionReason> for Refusal {
    fn from(reason: RejectionReason) -> Self {
        Self { reason, token: None }
    }
}

impl<A: AuthBackend> Authenticator<A> {
    /// Verifies the credential of the request and finds its user.
    pub(crate) async fn authenticate(&self, request: &Parts) -> Result<Authenticated, Refusal> {
        // Refuses a credential that is missing, repeated, of another scheme, or malformed before the token begins.
        let credential = match self.sources.find(&request.headers) {
            Ok(credential) => credential,
            Err(CredentialError::RepeatedCookie) => {
                return Ok(Box::pin(self.authenticate_repeated(request)).await?);
            }
            Err(error) => return Err(RejectionReason::from(error).into()),
        };
        // If the clock fails, that is reported only when the times of the token are checked, so a forged token still gets its
        // usual refusal.
        let now = self.now();
        let verified = self.verify_credential(&credential, now).await?;
        // Checked only now, because a page of another site can misuse only a valid cookie.
        if credential.carrier == Carrier::Cookie
            && let Err(cross_site) = self.sources.check_csrf(request)
        {
            return Err(Refusal { reason: cross_site.into(), token: Some(verified.token) });
        }
        match self.user_unless_revoked(&verified, now, request).await {
            Ok(user) => Ok(Authenticated { token: verified.token, carrier: credential.carrier, user, checked_at: now }),
            Err(reason) => Err(Refusal { reason, token: Some(verified.token) }),
        }
    }

    /// Authenticates a request with several cookies of the backend's name, which a browser holds after a change of their path or
    /// domain. They are refused, except for an unsafe request of an own page, so that a sign-out works: cookies that are not valid
    /// are ignored, the valid ones must be of one user, and the newest of them counts.
    async fn authenticate_repeated(&self, request: &Parts) -> Result<Authenticated, RejectionReason> {
        let sources = &self.sources;
        let is_own_action = !csrf::is_safe(&request.method) && sources.check_csrf(request).is_ok();
        let mut presented: Vec<&[u8]> = Vec::new();
        for text in sources.cookies(&request.headers) {
            if !presented.contains(&text) {
                presented.push(text);
            }
        }
        if !is_own_action || sources.has_header(&request.headers) || presented.len() > MAX_COOKIES {
            return Err(RejectionReason::RepeatedCookie);
        }
        let now = self.now();
        let mut newest: Option<(VerifiedToken, Arc<A::User>)> = None;
        for text in presented {
            let found = match self.verify(text, now).await {
                Ok(verified) => self.user_unless_revoked(&verified, now, request).await.map(|user| (verified, user)),
                Err(reason) => Err(reason),
            };
            let (verified, user) = match found {
                Ok(found) => found,
                Err(reason @ RejectionReason::NotAllowed(_)) => return Err(reason),
                Err(reason) if reason.status().is_server_error() => return Err(reason),
                Err(_) => continue,
            };
            let token = &verified.token;
            match newest.as_ref().map(|(known, _)| &known.token) {
                Some(known) if (known.issuer(), known.subject()) != (token.issuer(), token.subject()) => {
                    return Err(RejectionReason::RepeatedCookie);
                }
                Some(known) if known.issued_at() >= token.issued_at() => {}
                _ => newest = Some((verified, user)),
            }
        }
        let (verified, user) = newest.ok_or(RejectionReason::RepeatedCookie)?;
        Ok(Authenticated { token: verified.token, carrier: Carrier::Cookie, user, checked_at: now })
    }

    /// Verifies the token of a credential. If the bytes are not a compact token and not even a `b64token`, the header is malformed
    /// (400); otherwise the token is bad (401). This is looked at only after verification has failed, so a good token does not pay
    /// for it. A cookie may hold any text, so it is never malformed.
    async fn verify_credential(
        &self,
        credential: &Credential<'_>,
        now: Result<u64, ClockError>,
    ) -> Result<VerifiedToken, RejectionReason> {
        self.verify(credential.token, now).await.map_err(|reason| match reason {
            RejectionReason::Token(TokenError::NotCompact) if !credential.is_well_formed() => {
                RejectionReason::MalformedHeader
            }
            reason => reason,
        })
    }

    /// The user of a verified token, if the token is not revoked.
    pub(crate) async fn user_unless_revoked(
        &self,
        verified: &VerifiedToken,
        now: Result<u64, ClockError>,
        request: &Parts,
    ) -> Result<Arc<A::User>, RejectionReason> {
        let now = now.map_err(|_: ClockError| RejectionReason::Token(TokenError::Clock))?;
        if self.is_revoked(verified, now).await.map_err(RejectionReason::StoreFailed)? {
            return Err(RejectionReason::Revoked);
        }
        if A::SPEC.asks_revoked {
            let token = &verified.token;
            match catch_panic_async(async { self.hooks.revoked(token).await }).await {
                Ok(Ok(false)) => {}
                Ok(Ok(true)) => return Err(RejectionReason::Revoked),
                Ok(Err(error)) => return Err(RejectionReason::RevocationFailed(Cause::new(error))),
                Err(Panicked) => return Err(RejectionReason::Panicked("`revoked`")),
            }
        }
        self.user(verified, now, request).await
    }

    /// Verifies a token: signature, claims and type. If exactly these bytes are in the cache and the keys of their issuer have not
    /// changed since, only the times are checked.
    pub(crate) async fn verify(
        &self,
        presented: &[u8],
        now: Result<u64, ClockError>,
    ) -> Result<VerifiedToken, RejectionReason> {
        if let Some(cache) = &self.tokens
            && let Some(verified) = cache.get(presented, now)
        {
            return match verified.verified_by.trusted.policy.is_still_valid(&verified.token, now) {
                Ok(()) => Ok(verified),
                Err(error) => {
                    cache.remove(presented);
                    Err(RejectionReason::Token(error))
                }
            };
        }
        #[cfg(feature = "remote_jwks")]
        if self.trust.introspects()
            && let Some(verified) = Box::pin(self.introspect(presented, now)).await
        {
            return verified.map(|verified| self.keep(presented, verified));
        }
        let text = compact::text(presented, self.trust.max_bytes()).map_err(RejectionReason::Token)?;
        let mut verified = self.trust.verify(text, now);
        if let Err(Unverified::KeysMissing(missing)) = &verified {
            missing.wait(now).await.map_err(|KeysUnavailable { error, retry_after }| {
                let reason = format!("the keys of the issuer `{}` could not be fetched: {error}", missing.trusted.name);
                RejectionReason::IssuerUnavailable { reason, retry_after }
            })?;
            verified = self.trust.verify(text, now);
        }
        let verified = verified.map_err(|error| RejectionReason::Token(error.without_waiting()))?;
        Ok(self.keep(presented, verified))
    }

    /// Caches a verified token. The returned copy shares its user and tag with the cached one.
    fn keep(&self, presented: &[u8], verified: VerifiedToken) -> VerifiedToken {
        match &self.tokens {
            Some(cache) => cache.insert(presented, verified),
            None => verified,
        }
    }

    /// Asks the issuers of a token that is no JWT of an issuer with keys. `None` if there is no issuer to ask, or if the token has
    /// characters that no token has, so that nothing is sent.
    #[cfg(feature = "remote_jwks")]
    async fn introspect(
        &self,
        presented: &[u8],
        now: Result<u64, ClockError>,
    ) -> Option<Result<VerifiedToken, RejectionReason>> {
        let text = std::str::from_utf8(presented).ok().filter(|text| is_b64token(text.as_bytes()))?;
        if text.len() > self.trust.max_bytes() {
            return None;
        }
        let issuers = self.trust.asked(text);
        if issuers.is_empty() {
            return None;
        }
        let Ok(now) = now else { return Some(Err(RejectionReason::Token(TokenError::Clock))) };
        Some(introspect(&issuers, text, now).await.map_err(|error| match error {
            NotIntrospected::Refused(error) => RejectionReason::Token(error),
            NotIntrospected::Unavailable(issuer, KeysUnavailable { error, retry_after }) => {
                let reason = format!("the issuer `{}` could not be asked about the token: {error}", issuer.name);
                RejectionReason::IssuerUnavailable { reason, retry_after }
            }
        }))
    }

    /// Verifies a token as of the second before its `exp`, for the sign-out of a session that lasts longer than the token.
    pub(crate) fn verify_expired(&self, presented: &[u8]) -> Option<Token> {
        self.trust.verify_expired(compact::text(presented, self.trust.max_bytes()).ok()?)
    }

    /// Finds the user. Without a declared `retrieve_user`, the generated one rebuilds the user from the token, and the user is
    /// kept with the cached token. If `retrieve_user` is declared, the cache of users is asked first.
    async fn user(&self, verified: &VerifiedToken, now: u64, request: &Parts) -> Result<Arc<A::User>, RejectionReason> {
        let token = &verified.token;
        if !A::SPEC.looks_up
            && let Some(user) = verified.user()
        {
            return Ok(user);
        }
        let cache = self.users.as_ref();
        if let Some(user) = cache.and_then(|users| users.get(token, now)) {
            return Ok(user);
        }
        // Before the call: a user that is found while the cache is cleared is not kept.
        let lookup = cache.map(|users| (users, users.start_lookup(now)));
        match catch_panic_async(async { self.hooks.retrieve_user(token, request).await }).await {
            Ok(Ok(Some(user))) => {
                let user = Arc::new(user);
                if !A::SPEC.looks_up {
                    verified.keep_user(&user);
                }
                if let Some((users, lookup)) = lookup {
                    users.keep(token, &user, lookup);
                }
                Ok(user)
            }
            Ok(Ok(None)) => Err(RejectionReason::UnknownUser),
            Ok(Err(error)) => Err(lookup_failed(error)),
            Err(Panicked) => Err(RejectionReason::Panicked("`retrieve_user`")),
        }
    }
}

impl<A> Authenticator<A> {
    /// The current time. A request reads it once, so that all its checks use the same time.
    pub(crate) fn now(&self) -> Result<u64, ClockError> {
        timestamp(&*self.clock)
    }

    /// # Errors
    ///
    /// If the backend has no store.
    pub(crate) fn sessions(&self) -> Result<&Sessions, StoreError> {
        self.sessions.as_ref().ok_or_else(|| StoreError::new("this backend has no store; name one with `.store(...)`"))
    }

    /// Whether the store refuses the token: it was revoked, its session has ended (or is ours and not in the store), or its user
    /// was signed out everywhere after the token was issued. Always false without a store.
    pub(crate) async fn is_revoked(&self, verified: &VerifiedToken, now: u64) -> Result<bool, StoreError> {
        let Some(sessions) = &self.sessions else { return Ok(false) };
        let token = &verified.token;
        // The tag names the document of the subject. A cached token keeps it as bytes, so that it is hashed once.
        let tag = verified.subject_tag(|| sessions.tag(token.issuer(), token.subject()).map(SubjectTag::into_bytes))?;
        let tag = SubjectTag::from_bytes(tag);
        let query = AccessToken {
            // Our own `sid` is decoded, and any other text is hashed. Hashing fails only without a crypto feature.
            session: token.session().map(SessionId::of_claim).transpose()?,
            is_ours: self.is_of_own_issuer(token),
            jwt_id: token.jwt_id(),
            // A token that does not say when it was issued counts as older than every sign-out.
            issued_at: token.issued_at().unwrap_or_default(),
        };
        // `None` if the store cannot answer without waiting.
        let standing = match sessions.standing_at_once(tag, &query) {
            Some(standing) => standing?,
            None => sessions.standing(tag, &query, now).await?,
        };
        Ok(standing != Standing::Accepted)
    }

    /// Whether the token is of our own issuer. Then its session is in our store, and a session that is not in the store has
    /// ended. We do not know where other issuers keep their sessions.
    pub(crate) fn is_of_own_issuer(&self, token: &Token) -> bool {
        self.trust.is_own(token.issuer())
    }
}

/// What an error of `retrieve_user` means: a claim that is missing or unreadable ([`ClaimError`]) means a bad token (401),
/// [`NotAllowed`] refuses the user (403), and any other error is the server's (500).
fn lookup_failed(error: BoxError) -> RejectionReason {
    let error = match error.downcast::<ClaimError>() {
        Ok(claim) => return RejectionReason::Token(TokenError::Claim(claim.into_name())),
        Err(error) => error,
    };
    match error.downcast::<NotAllowed>() {
        Ok(reason) => RejectionReason::NotAllowed(*reason),
        Err(error) => RejectionReason::LookupFailed(Cause::new(error)),
    }
}

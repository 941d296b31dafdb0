//! Token, revocation, user: in that order, each only after the one before it (RFC 7519 section 7.2).

use std::sync::Arc;

use http::request::Parts;

use crate::backend::Inner;
use crate::catch_panic::{Panicked, catch_panic_async};
use crate::cause::{BoxError, Cause};
use crate::clock::ClockError;
use crate::hooks::AuthBackend;
use crate::issuer::verified_token::VerifiedToken;
use crate::jose::compact;
use crate::jose::error::{ClaimError, TokenError};
use crate::jose::token::Token;
use crate::rejection::reason::RejectionReason;
use crate::user::not_allowed::NotAllowed;

impl<A: AuthBackend> Inner<A> {
    /// The token of a credential. A token that verified before is recognised by its bytes; its times are checked every
    /// time.
    pub(crate) async fn verify(
        &self,
        presented: &[u8],
        now: Result<u64, ClockError>,
    ) -> Result<VerifiedToken, RejectionReason> {
        if let Some(cache) = &self.token_cache
            && let Some(entry) = cache.get(presented, &self.trust)
        {
            return match self.policy.is_still_valid(&entry.token, now) {
                Ok(()) => Ok(entry),
                Err(error) => {
                    cache.remove(presented);
                    Err(RejectionReason::Token(error))
                }
            };
        }
        let text = compact::text(presented).map_err(RejectionReason::Token)?;
        self.trust.ready(text).await.map_err(RejectionReason::KeysUnavailable)?;
        let entry = self.policy.verify(text, &self.trust, now).map_err(RejectionReason::Token)?;
        Ok(match &self.token_cache {
            Some(cache) => cache.insert(presented, entry),
            None => entry,
        })
    }

    /// A token that was valid until it expired.
    pub(crate) fn verify_expired(&self, presented: &[u8]) -> Option<Token> {
        self.policy.verify_expired(compact::text(presented).ok()?, &self.trust)
    }

    /// The user of a token that is not revoked.
    pub(crate) async fn accept(
        &self,
        entry: &VerifiedToken,
        now: Result<u64, ClockError>,
        parts: &Parts,
    ) -> Result<Arc<A::User>, RejectionReason> {
        let token = &entry.token;
        let now = now.map_err(|ClockError| RejectionReason::Token(TokenError::Clock))?;
        match self.is_revoked(entry, now).await {
            Ok(false) => {}
            Ok(true) => return Err(RejectionReason::Revoked),
            Err(error) => return Err(RejectionReason::StoreFailed(error)),
        }
        if A::SPEC.asks_revoked {
            match catch_panic_async(async { self.config.revoked(token).await }).await {
                Ok(Ok(false)) => {}
                Ok(Ok(true)) => return Err(RejectionReason::Revoked),
                Ok(Err(error)) => return Err(RejectionReason::RevocationFailed(Cause::new(error))),
                Err(Panicked) => return Err(RejectionReason::Panicked("`revoked`")),
            }
        }
        self.user(entry, now, parts).await
    }

    async fn user(&self, entry: &VerifiedToken, now: u64, parts: &Parts) -> Result<Arc<A::User>, RejectionReason> {
        let token = &entry.token;
        if !A::SPEC.looks_up
            && let Some(user) = entry.user()
        {
            return Ok(user);
        }
        let cache = self.user_cache.as_ref();
        if let Some(user) = cache.and_then(|users| users.get(token, now)) {
            return Ok(user);
        }
        let asking = cache.map(|users| (users, users.asking(now)));
        match catch_panic_async(async { self.config.retrieve_user(token, parts).await }).await {
            Ok(Ok(Some(user))) => {
                let user = Arc::new(user);
                if !A::SPEC.looks_up {
                    entry.keep_user(&user);
                }
                if let Some((users, asking)) = asking {
                    users.keep(token, &user, asking);
                }
                Ok(user)
            }
            Ok(Ok(None)) => Err(RejectionReason::UnknownUser),
            Ok(Err(error)) => Err(lookup_failed(error)),
            Err(Panicked) => Err(RejectionReason::Panicked("`retrieve_user`")),
        }
    }
}

/// A missing claim is a bad token (401), [`NotAllowed`] refuses the user (403), and any other error is the server's
/// (500).
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

//! Token, revocation, user: in that order, each only after the one before it (RFC 7519 section 7.2).

use http::request::Parts;

use super::{AuthBackend, Inner};
use crate::catch::{Panicked, caught};
use crate::clock::{ClockError, timestamp};
use crate::rejection::RejectionReason;
use crate::token::{ClaimError, Token, TokenError};
use crate::user::BoxError;

impl<A: AuthBackend> Inner<A> {
    /// The token of a text. What verified before is known by its bytes; its times are looked at each time.
    pub(crate) async fn verify(&self, text: &str) -> Result<Token, RejectionReason> {
        if let Some((cache, token)) =
            self.token_cache.as_ref().and_then(|cache| Some((cache, cache.get(text, &self.trust)?)))
        {
            return match self.policy.is_still_valid(&token, &*self.clock) {
                Ok(()) => Ok(token),
                Err(error) => {
                    cache.remove(text);
                    Err(RejectionReason::Token(error))
                }
            };
        }
        self.trust.ready(text).await.map_err(RejectionReason::KeysUnavailable)?;
        let entry = self.policy.verify(text, &self.trust, &*self.clock).map_err(RejectionReason::Token)?;
        if let Some(cache) = &self.token_cache {
            cache.insert(text, entry.clone());
        }
        Ok(entry.token)
    }

    /// The user of a token that is not revoked.
    pub(crate) async fn accept(&self, token: &Token, parts: &Parts) -> Result<A::User, RejectionReason> {
        if let Some(memory) = &self.memory {
            let now = timestamp(&*self.clock).map_err(|ClockError| RejectionReason::Token(TokenError::Clock))?;
            match memory.is_revoked(token, now).await {
                Ok(false) => {}
                Ok(true) => return Err(RejectionReason::Revoked),
                Err(error) => return Err(RejectionReason::StoreFailed(error.to_string())),
            }
        }
        match caught(async { self.config.revoked(token).await }).await {
            Ok(Ok(false)) => {}
            Ok(Ok(true)) => return Err(RejectionReason::Revoked),
            Ok(Err(error)) => return Err(RejectionReason::RevocationFailed(error.to_string())),
            Err(Panicked) => return Err(RejectionReason::Panicked("`revoked`")),
        }
        self.user(token, parts).await
    }

    async fn user(&self, token: &Token, parts: &Parts) -> Result<A::User, RejectionReason> {
        // Nobody reads the clock for a memory that there is not.
        let users = self.user_cache.as_ref();
        let cache = users.and_then(|users| Some((users, timestamp(&*self.clock).ok()?)));
        if let Some(user) = cache.and_then(|(users, now)| users.get(token, now)) {
            return Ok(user);
        }
        let asking = cache.map(|(users, now)| (users, users.asking(now)));
        match caught(async { self.config.retrieve_user(token, parts).await }).await {
            Ok(Ok(Some(user))) => {
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

/// A claim that a user is rebuilt from and that is not there is the token's fault, anything else the server's.
fn lookup_failed(error: BoxError) -> RejectionReason {
    match error.downcast::<ClaimError>() {
        Ok(claim) => RejectionReason::Token(TokenError::Claim(claim.into_name())),
        Err(error) => RejectionReason::LookupFailed(error.to_string()),
    }
}

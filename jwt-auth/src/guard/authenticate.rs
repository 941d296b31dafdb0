//! Credential, token, revocation, user: in that order, each only after the one before it (RFC 7519 section 7.2).

use http::request::Parts;

use crate::backend::{AuthBackend, Inner};
use crate::catch::{Panicked, caught};
use crate::clock::{ClockError, timestamp};
use crate::credential::Carrier;
use crate::csrf;
use crate::rejection::RejectionReason;
use crate::token::{Token, TokenError};

impl<A: AuthBackend> Inner<A> {
    /// The token of a request, how it came, and its user.
    pub(super) async fn authenticate(&self, parts: &Parts) -> Result<(Token, Carrier, A::User), RejectionReason> {
        let credential = self.sources.find(&parts.headers)?;
        self.trust.ready(credential.token).await.map_err(RejectionReason::KeysUnavailable)?;
        let token = self.policy.verify(credential.token, &self.trust, &*self.clock).map_err(RejectionReason::Token)?;
        if credential.carrier == Carrier::Cookie {
            csrf::check(&parts.method, &parts.headers, &self.allowed_origins)
                .map_err(|csrf::CrossSite| RejectionReason::CrossSite)?;
        }
        if let Some(memory) = &self.memory {
            let now = timestamp(&*self.clock).map_err(|ClockError| RejectionReason::Token(TokenError::Clock))?;
            match memory.is_revoked(&token, now).await {
                Ok(false) => {}
                Ok(true) => return Err(RejectionReason::Revoked),
                Err(error) => return Err(RejectionReason::StoreFailed(error.to_string())),
            }
        }
        match caught(async { self.config.revoked(&token).await }).await {
            Ok(Ok(false)) => {}
            Ok(Ok(true)) => return Err(RejectionReason::Revoked),
            Ok(Err(error)) => return Err(RejectionReason::RevocationFailed(error.to_string())),
            Err(Panicked) => return Err(RejectionReason::Panicked("`revoked`")),
        }
        let found = caught(async { self.config.retrieve_user(&token, parts).await }).await;
        match found {
            Ok(Ok(Some(user))) => Ok((token, credential.carrier, user)),
            Ok(Ok(None)) => Err(RejectionReason::UnknownUser),
            Ok(Err(error)) => Err(lookup_failed(error)),
            Err(Panicked) => Err(RejectionReason::Panicked("`retrieve_user`")),
        }
    }
}

/// A claim that a user is rebuilt from and that is not there is the token's fault, anything else the server's.
fn lookup_failed(error: crate::user::BoxError) -> RejectionReason {
    match error.downcast::<crate::token::ClaimError>() {
        Ok(claim) => RejectionReason::Token(crate::token::TokenError::Claim(claim.into_name())),
        Err(error) => RejectionReason::LookupFailed(error.to_string()),
    }
}

//! Tokens that end before they expire.

use std::time::Duration;

use super::{AuthBackend, Backend, Inner, Mode};
use crate::store::{Revocation, StoreError};
use crate::token::Token;
use crate::user::{JwtUser, UserId};

impl<A: AuthBackend, M: Mode> Backend<A, M> {
    /// Revokes one token, together with its session. [`AuthSession::logout`](crate::AuthSession::logout) does this with the
    /// token that the request presented.
    ///
    /// # Errors
    ///
    /// [`StoreError`] where the store fails, in which case the token may still be valid; where the backend has no store; and
    /// where the token is of an issuer or for an audience that this backend does not trust, since it is another backend's then.
    pub async fn revoke(&self, token: &Token) -> Result<(), StoreError> {
        let is_trusted = self.inner.trust.issuers.iter().any(|trusted| trusted.issuer == token.issuer());
        if !is_trusted || !self.inner.policy.is_for_us(token) {
            return Err(StoreError::new(
                "the token is of an issuer or for an audience that this backend does not trust; revoke it by the backend that accepted it",
            ));
        }
        self.inner.end([token]).await
    }
}

impl<A: AuthBackend> Backend<A> {
    /// Signs a user out everywhere: every token and session of theirs until now ends. For a changed password, or a lost
    /// device.
    ///
    /// Tokens carry the second in which they were issued, so this waits for the next second; who signs in after it has
    /// returned is signed in. It needs tokio's timer, which `#[tokio::main]` enables.
    ///
    /// # Errors
    ///
    /// [`StoreError`] where the store cannot; the tokens may be valid still.
    pub async fn revoke_user(&self, id: &<A::User as JwtUser>::Id) -> Result<(), StoreError> {
        let Some(memory) = &self.inner.memory else { return Err(no_store()) };
        let (subject, policy) = (id.to_subject(), &self.inner.policy);
        let longest = policy.max_lifetime.max(memory.longest_session);
        for _ in 0..2 {
            let now = self.inner.now()?;
            // What is issued in this very second is meant too.
            let before = now.saturating_add(1);
            let until = before.saturating_add(longest).saturating_add(policy.leeway).saturating_add(1);
            let all = Revocation::Subject { issuer: &self.inner.issuer, subject: &subject, before, until };
            memory.revoke_all(&[all], now).await?;
            // Where that took into a later second, a session may have been refreshed in it just before: once more. Since the
            // first time none can be.
            if self.inner.now()? < before {
                break;
            }
        }
        if let Some(users) = &self.inner.user_cache {
            users.clear();
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        Ok(())
    }
}

impl<A> Inner<A> {
    /// Ends these tokens and their sessions, all in one step.
    pub(crate) async fn end(&self, tokens: impl IntoIterator<Item = &Token>) -> Result<(), StoreError> {
        let mut tokens = tokens.into_iter().peekable();
        if tokens.peek().is_none() {
            return Ok(());
        }
        let Some(memory) = &self.memory else { return Err(no_store()) };
        let now = self.now()?;
        let revocations: Vec<_> = tokens.flat_map(|token| memory.ending(token, now)).collect();
        memory.revoke_all(&revocations, now).await
    }
}

fn no_store() -> StoreError {
    StoreError::new("this backend has no store; name one with `.store(...)`")
}

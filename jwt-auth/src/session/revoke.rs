//! Revokes tokens and users, and asks the store whether a token is revoked.

use crate::backend::mode::Mode;
use crate::backend::{Backend, Stages};
use crate::hooks::AuthBackend;
use crate::jose::token::Token;
use crate::records::effects::Account;
use crate::records::end::{EndedToken, RevokedToken};
use crate::records::names::{JwtIdHash, SessionId};
use crate::store::error::StoreError;
use crate::user::{JwtUser, UserId};

impl<A: AuthBackend, M: Mode> Backend<A, M> {
    /// Revokes one token, together with its session. [`AuthSession::logout`](crate::AuthSession::logout) does this with the
    /// token that the request presented.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store fails (the token may still be valid), if the backend has no store, or if the token has an
    /// issuer or an audience that this backend does not trust: it belongs to another backend then.
    pub async fn revoke(&self, token: &Token) -> Result<(), StoreError> {
        let is_trusted = self.stages.authenticator.trust.issuers.iter().any(|trusted| trusted.issuer == token.issuer());
        if !is_trusted || !self.stages.authenticator.policy.is_for_us(token) {
            return Err(StoreError::new(
                "the token is of an issuer or for an audience that this backend does not trust; revoke it by the backend that accepted it",
            ));
        }
        self.stages.end([token]).await
    }
}

impl<A: AuthBackend> Backend<A> {
    /// Signs a user out everywhere, for example after a changed password or a lost device. Once this returns, every token and
    /// session from an earlier sign-in is refused, and so is a sign-in that is still under way.
    ///
    /// Tokens carry whole seconds, and the clocks of instances differ by [`clocks_apart`](crate::Builder::clocks_apart). So a
    /// sign-in that begins up to `2 * clocks_apart + 1` seconds afterwards (5 by default) cannot be told apart from one that
    /// began before: a handler gets [`LoginError::SignedOutMeanwhile`](crate::LoginError::SignedOutMeanwhile), and the token
    /// endpoint of `authenticate` checks the password again by itself. The request that calls this cannot sign the user in
    /// afterwards, however long it waits: call [`AuthSession::logout_everywhere`](crate::AuthSession::logout_everywhere) for that.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store does not confirm it. The tokens may still be valid; the sign-out is retried in the background.
    pub async fn revoke_user(&self, id: &<A::User as JwtUser>::Id) -> Result<(), StoreError> {
        self.end_all(&id.to_subject()).await.map(drop)
    }

    /// The answer is the second from which a check of the user counts again.
    pub(crate) async fn end_all(&self, subject: &str) -> Result<u64, StoreError> {
        let account = Account::new(&self.stages.issuance.issuer, subject)?;
        let ended = self.stages.authenticator.sessions()?.end_all(&account, self.stages.authenticator.now()?).await;
        if let Some(users) = &self.stages.authenticator.users {
            users.clear();
        }
        ended
    }
}

impl<A> Stages<A> {
    /// Ends these tokens and their sessions.
    pub(crate) async fn end(&self, tokens: impl IntoIterator<Item = &Token>) -> Result<(), StoreError> {
        let ended = tokens.into_iter().map(|token| self.ended(token)).collect::<Result<Vec<_>, _>>()?;
        if ended.is_empty() {
            return Ok(());
        }
        self.authenticator.sessions()?.end_tokens(ended, self.authenticator.now()?).await
    }

    /// What the store needs to end a token with its session.
    pub(crate) fn ended(&self, token: &Token) -> Result<EndedToken, StoreError> {
        Ok(EndedToken {
            account: Account::new(token.issuer(), token.subject())?,
            token: RevokedToken {
                jwt_id: JwtIdHash::new(token.jwt_id())?,
                expires_at: token.expires_at(),
                issued_at: token.issued_at(),
                session: token.session().map(SessionId::of_claim).transpose()?,
            },
            is_ours: self.authenticator.holds_sessions_of(token),
        })
    }
}

//! What the store says of a token, and tokens that end before they expire.

use super::{AuthBackend, Backend, Inner, Mode};
use crate::session::{
    AccessToken, Account, EndedToken, JwtIdHash, RevokedToken, SessionId, Sessions, Standing, SubjectTag,
};
use crate::store::StoreError;
use crate::token::{Entry, Token};
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
    /// Signs a user out everywhere: once this returns, every token and session of theirs that rests on a sign-in before is
    /// refused, also a sign-in that is still under way. For a changed password, or a lost device.
    ///
    /// Tokens carry whole seconds, and the clocks of instances differ by
    /// [`clocks_apart`](crate::Builder::clocks_apart). So a sign-in that begins up to `2 * clocks_apart + 1` seconds afterwards (5
    /// by default) cannot be told from one that began before: a handler gets
    /// [`LoginError::SignedOutMeanwhile`](crate::LoginError::SignedOutMeanwhile), and the token endpoint of `authenticate` checks
    /// the password again by itself.
    ///
    /// # Errors
    ///
    /// [`StoreError`] where the store does not confirm it. The tokens may still be valid; it is tried again in the background.
    pub async fn revoke_user(&self, id: &<A::User as JwtUser>::Id) -> Result<(), StoreError> {
        let account = Account::new(&self.inner.issuer, &id.to_subject())?;
        let ended = self.inner.sessions()?.end_all(&account, self.inner.now()?).await;
        if let Some(users) = &self.inner.user_cache {
            users.clear();
        }
        ended
    }
}

impl<A> Inner<A> {
    /// # Errors
    ///
    /// Where the backend has no store.
    pub(crate) fn sessions(&self) -> Result<&Sessions, StoreError> {
        self.sessions.as_ref().ok_or_else(|| StoreError::new("this backend has no store; name one with `.store(...)`"))
    }

    /// Whether a token was revoked, or its session, or everything that was issued to its user until then. Never where there is no
    /// store.
    pub(crate) async fn is_revoked(&self, entry: &Entry, now: u64) -> Result<bool, StoreError> {
        let Some(sessions) = &self.sessions else { return Ok(false) };
        let token = &entry.token;
        let tag = entry.subject_tag(|| sessions.tag(token.issuer(), token.subject()).map(SubjectTag::into_bytes))?;
        let tag = SubjectTag::from_bytes(tag);
        let looked_up = AccessToken {
            session: token.session().map(SessionId::of_claim).transpose()?,
            is_ours: self.holds_sessions_of(token),
            jwt_id: token.jwt_id(),
            issued_at: token.issued_at(),
        };
        let standing = match sessions.standing_at_once(tag, &looked_up) {
            Some(standing) => standing?,
            None => sessions.standing(tag, &looked_up, now).await?,
        };
        Ok(standing != Standing::Accepted)
    }

    /// Ends these tokens and their sessions.
    pub(crate) async fn end(&self, tokens: impl IntoIterator<Item = &Token>) -> Result<(), StoreError> {
        let ended = tokens.into_iter().map(|token| self.ended(token)).collect::<Result<Vec<_>, _>>()?;
        if ended.is_empty() {
            return Ok(());
        }
        self.sessions()?.end_tokens(ended, self.now()?).await
    }

    /// What the store needs to end a token with its session.
    pub(super) fn ended(&self, token: &Token) -> Result<EndedToken, StoreError> {
        Ok(EndedToken {
            account: Account::new(token.issuer(), token.subject())?,
            token: RevokedToken {
                jwt_id: JwtIdHash::new(token.jwt_id())?,
                expires_at: token.expires_at(),
                issued_at: token.issued_at(),
                session: token.session().map(SessionId::of_claim).transpose()?,
            },
            is_ours: self.holds_sessions_of(token),
        })
    }

    /// The sessions of our own tokens are in our store, so one that is not there has ended. Of other issuers' tokens it is
    /// not known where their sessions are.
    fn holds_sessions_of(&self, token: &Token) -> bool {
        self.issues && token.issuer() == self.issuer
    }
}

//! Revokes tokens, and signs users out everywhere.

use crate::backend::Mode;
use crate::backend::{Backend, Stages};
use crate::events::event::{Event, SignOut};
use crate::hooks::AuthBackend;
use crate::jose::token::Token;
use crate::records::end::{EndedToken, RevokedToken};
use crate::records::names::{JwtIdHash, SessionId};
use crate::records::sessions::Account;
use crate::request_info::RequestInfo;
use crate::store::error::StoreError;
use crate::user::{JwtUser, UserId};

impl<A: AuthBackend, M: Mode> Backend<A, M> {
    /// Revokes one token, together with its session. [`AuthSession::logout`](crate::AuthSession::logout) does this with the
    /// token that the request presented.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store fails (the token may still be valid), if the backend has no store, if this backend does not
    /// trust the token's issuer or audience, because the token then belongs to another backend, or if the token of another issuer
    /// has neither `jti` nor `sid`: then only [`revoke_user_of`](Self::revoke_user_of) ends it.
    #[doc(alias = "blacklist")]
    #[doc(alias = "denylist")]
    pub async fn revoke(&self, token: &Token) -> Result<(), StoreError> {
        let trusted = self.stages.authenticator.trust.find(token.issuer());
        if !trusted.is_some_and(|trusted| trusted.policy.is_for_us(token)) {
            return Err(StoreError::new(
                "this backend does not trust the issuer or the audience of the token; revoke it by the backend that accepted it",
            ));
        }
        self.stages.end([token], None).await
    }

    /// Ends every token and session of the user that this token names, at its issuer: what
    /// [`revoke_user`](Backend::revoke_user) does for our own users. Use it for another issuer's tokens that have neither `jti` nor
    /// `sid`. A token without `iat` counts as issued before.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store does not confirm it (the tokens may still be valid), or if the backend has no store.
    pub async fn revoke_user_of(&self, token: &Token) -> Result<(), StoreError> {
        let account = Account::new(token.issuer(), token.subject())?;
        self.end_account(&account, None).await.map(drop)
    }

    async fn end_account(&self, account: &Account, request: Option<&RequestInfo>) -> Result<u64, StoreError> {
        let ended = self.stages.authenticator.sessions()?.end_all(account, self.stages.authenticator.now()?).await;
        if let Some(users) = &self.stages.authenticator.users {
            users.clear();
        }
        if ended.is_ok() {
            self.stages.tell_sign_out(SignOut::Everywhere, (&account.issuer, &account.subject), None, request);
        }
        ended
    }
}

impl<A: AuthBackend> Backend<A> {
    /// Signs a user out everywhere, for example after a changed password or a lost device. Once this returns, the guard refuses
    /// every token and session of an earlier sign-in. A sign-in that is still in progress fails.
    ///
    /// A sign-in that begins within `2 * clocks_apart + 1` seconds afterwards (5 by default) also fails: tokens carry whole
    /// seconds, and the clocks of instances may differ by [`clocks_apart`](crate::Builder::clocks_apart), so the library cannot
    /// know whether it began before. A handler gets
    /// [`LoginError::SignedOutMeanwhile`](crate::LoginError::SignedOutMeanwhile); the token endpoint of `authenticate` checks the
    /// password again by itself. The request that calls `revoke_user` can never sign the user in afterwards. If it has to, call
    /// [`AuthSession::logout_everywhere`](crate::AuthSession::logout_everywhere) instead.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store does not confirm the sign-out. The tokens may still be valid; the sign-out is retried in the
    /// background.
    #[doc(alias = "kick")]
    #[doc(alias = "ban")]
    #[doc(alias = "sign_out_everywhere")]
    pub async fn revoke_user(&self, id: &<A::User as JwtUser>::Id) -> Result<(), StoreError> {
        self.end_all(&id.to_subject(), None).await.map(drop)
    }

    /// Signs a user out everywhere, and returns the time from which a check of the user is accepted again.
    pub(crate) async fn end_all(&self, subject: &str, request: Option<&RequestInfo>) -> Result<u64, StoreError> {
        self.end_account(&Account::new(&self.stages.issuance.issuer, subject)?, request).await
    }
}

impl<A> Stages<A> {
    /// Ends these tokens and their sessions. `request` is the request that asked for it, if it is known.
    pub(crate) async fn end<'t>(
        &self,
        tokens: impl IntoIterator<Item = &'t Token> + Clone,
        request: Option<&RequestInfo>,
    ) -> Result<(), StoreError> {
        let ended = tokens.clone().into_iter().map(|token| self.ended(token)).collect::<Result<Vec<_>, _>>()?;
        if ended.is_empty() {
            return Ok(());
        }
        self.authenticator.sessions()?.end_tokens(ended, self.authenticator.now()?).await?;
        for token in tokens {
            let what = if token.session().is_some() { SignOut::Session } else { SignOut::Token };
            self.tell_sign_out(what, (token.issuer(), token.subject()), token.session(), request);
        }
        Ok(())
    }

    /// Reports a sign-out. `of` is the issuer and the subject.
    pub(crate) fn tell_sign_out(
        &self,
        what: SignOut,
        of: (&str, &str),
        session: Option<&str>,
        request: Option<&RequestInfo>,
    ) {
        self.events.tell(|| Event::SignedOut {
            what,
            issuer: of.0.to_owned(),
            subject: of.1.to_owned(),
            session: session.map(str::to_owned),
            request: request.cloned(),
        });
    }

    /// The data with which the store ends a token and its session.
    ///
    /// # Errors
    ///
    /// If the token has neither a `jti` nor a session, so that nothing names it.
    pub(crate) fn ended(&self, token: &Token) -> Result<EndedToken, StoreError> {
        let unnamed = || {
            StoreError::new(
                "the token has neither `jti` nor `sid`, so it cannot be revoked alone; end all tokens of its user with `revoke_user_of`",
            )
        };
        let jwt_id = match token.jwt_id() {
            None if token.session().is_none() => return Err(unnamed()),
            jwt_id => JwtIdHash::new(jwt_id.unwrap_or_default())?,
        };
        Ok(EndedToken {
            account: Account::new(token.issuer(), token.subject())?,
            token: RevokedToken {
                jwt_id,
                expires_at: token.expires_at(),
                issued_at: token.issued_at().unwrap_or_default(),
            },
            session: token.session().map(SessionId::of_claim).transpose()?,
            is_ours: self.authenticator.is_of_own_issuer(token),
        })
    }
}

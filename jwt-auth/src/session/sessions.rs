//! The sessions of a user, to show and to end one by one.

use crate::backend::Backend;
use crate::hooks::AuthBackend;
use crate::records::end::Ending;
use crate::records::live_session::LiveSession;
use crate::records::names::SessionId;
use crate::session::session_claims::audience_is_ours;
use crate::store::error::StoreError;
use crate::user::{JwtUser, UserId};

/// A session that a refresh token can continue. Times are seconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UserSession {
    /// Names the session: the `sid` of its access tokens, so [`Token::session`](crate::Token::session) tells which one a request
    /// belongs to. It is not secret.
    pub id: String,
    /// When the user signed in.
    pub began_at: u64,
    /// When it was last refreshed, or began.
    pub refreshed_at: u64,
    /// When it ends unless it is refreshed before.
    pub idle_until: u64,
    /// When it ends in any case.
    pub ends_at: u64,
    /// The client that it was begun for.
    pub client_id: String,
    /// The granted scopes.
    pub scopes: Vec<String>,
    /// What [`LoginBuilder::session_label`](crate::session::LoginBuilder::session_label) called it. Empty by default.
    pub label: String,
}

impl<A: AuthBackend> Backend<A> {
    /// The sessions of a user that can be continued, most recently refreshed first: for a page "where you are signed in". A
    /// sign-in without a refresh token has no session. The store is read once; nothing is written.
    ///
    /// ```
    /// # use axum::Json;
    /// # use jwt_auth::{auth_backend, Backend, JwtUser, StoreError, Token};
    /// # #[derive(Clone, JwtUser)] struct User { #[jwt_user(id)] id: u64 }
    /// # #[auth_backend(kind = "oauth2", user = User, token_url = "/token")] struct Auth;
    /// async fn my_devices(auth: Backend<Auth>, user: User, token: Token) -> Result<Json<Vec<(String, bool)>>, StoreError> {
    ///     let sessions = auth.sessions(&user.id).await?.into_iter();
    ///     Ok(Json(sessions.map(|one| (one.label, token.session() == Some(one.id.as_str()))).collect()))
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store fails.
    pub async fn sessions(&self, id: &<A::User as JwtUser>::Id) -> Result<Vec<UserSession>, StoreError> {
        self.sessions_at(id, self.stages.authenticator.now()?).await
    }

    /// The sessions that could be continued at this time.
    async fn sessions_at(&self, id: &<A::User as JwtUser>::Id, now: u64) -> Result<Vec<UserSession>, StoreError> {
        let sessions = self.stages.authenticator.sessions()?;
        let listed = sessions.list(sessions.tag(&self.stages.issuance.issuer, &id.to_subject())?, now).await?;
        let ours = listed.into_iter().filter(|(_, session)| audience_is_ours(&self.stages, &session.claims));
        Ok(ours.map(|(id, session)| UserSession::new(id, session)).collect())
    }

    /// Ends one session of a user. Once this returns, its access tokens and its refresh token are refused. False if the user has
    /// no such session.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store does not confirm it. The session may continue; ending it is retried in the background.
    pub async fn end_session(&self, id: &<A::User as JwtUser>::Id, session: &str) -> Result<bool, StoreError> {
        // At time 0, a session that was idle for too long is found too: its access tokens may still be accepted for a while.
        if !self.sessions_at(id, 0).await?.iter().any(|own| own.id == session) {
            return Ok(false);
        }
        let sessions = self.stages.authenticator.sessions()?;
        let tag = sessions.tag(&self.stages.issuance.issuer, &id.to_subject())?;
        let ending = sessions.end(tag, SessionId::of_claim(session)?, self.stages.authenticator.now()?).await?;
        Ok(ending == Ending::Ended)
    }
}

impl UserSession {
    fn new(id: SessionId, session: LiveSession) -> Self {
        Self {
            id: id.text(),
            began_at: session.began_at,
            refreshed_at: session.refreshed_at,
            idle_until: session.idle_until,
            ends_at: session.ends_at,
            client_id: session.client_id,
            scopes: session.scope.split(' ').filter(|scope| !scope.is_empty()).map(str::to_owned).collect(),
            label: session.label,
        }
    }
}

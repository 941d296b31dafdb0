//! The sessions of a user, to show and to end one by one.

use crate::backend::Backend;
use crate::events::event::SignOut;
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
    /// The `sid` of the session's access tokens. Compare it with [`Token::session`](crate::Token::session) to find the session of
    /// the current request. It is not secret.
    pub id: String,
    /// When the user signed in.
    pub began_at: u64,
    /// When the session was last refreshed, or when it began.
    pub refreshed_at: u64,
    /// When the session ends if it is not refreshed before.
    pub idle_until: u64,
    /// When the session ends even if it is refreshed.
    pub ends_at: u64,
    /// The OAuth client that began the session.
    pub client_id: String,
    /// The granted scopes.
    pub scopes: Vec<String>,
    /// The text of [`LoginBuilder::session_label`](crate::session::LoginBuilder::session_label). Empty by default.
    pub label: String,
}

impl<A: AuthBackend> Backend<A> {
    /// The sessions of a user that a refresh token can continue, the most recently refreshed first. Use it for a page that shows
    /// where a user is signed in. A sign-in without a refresh token has no session. The store is read once and not written.
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
    #[doc(alias = "devices")]
    pub async fn sessions(&self, id: &<A::User as JwtUser>::Id) -> Result<Vec<UserSession>, StoreError> {
        self.sessions_at(id, self.stages.authenticator.now()?).await
    }

    /// The sessions that can be continued at this time.
    async fn sessions_at(&self, id: &<A::User as JwtUser>::Id, now: u64) -> Result<Vec<UserSession>, StoreError> {
        let sessions = self.stages.authenticator.sessions()?;
        let listed = sessions.list(sessions.tag(&self.stages.issuance.issuer, &id.to_subject())?, now).await?;
        let ours = listed.into_iter().filter(|(_, session)| audience_is_ours(&self.stages, &session.claims));
        Ok(ours.map(|(id, session)| UserSession::new(id, session)).collect())
    }

    /// Ends one session of a user, by its [`id`](UserSession::id). Once this returns, its access tokens and its refresh token are
    /// refused. Returns false if the user has no such session.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store does not confirm it. The session may continue; the write is retried in the background.
    #[doc(alias = "kick")]
    #[doc(alias = "sign_out")]
    pub async fn end_session(&self, id: &<A::User as JwtUser>::Id, session: &str) -> Result<bool, StoreError> {
        // A session that was idle for too long must also be found: its access tokens may still be valid. At time 0 none has expired.
        if !self.sessions_at(id, 0).await?.iter().any(|own| own.id == session) {
            return Ok(false);
        }
        let sessions = self.stages.authenticator.sessions()?;
        let (issuer, subject) = (&self.stages.issuance.issuer, id.to_subject());
        let tag = sessions.tag(issuer, &subject)?;
        let ending = sessions.end(tag, SessionId::of_claim(session)?, self.stages.authenticator.now()?).await?;
        if ending == Ending::Ended {
            self.stages.tell_sign_out(SignOut::Session, (issuer, &subject), Some(session), None);
        }
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

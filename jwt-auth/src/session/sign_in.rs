//! A sign-in: the settings that only a sign-in has, and the write to the store.

use std::future::{Future, IntoFuture};
use std::pin::Pin;

use jwt_auth_grammar::claim::TextClaim;

use crate::events::event::{Event, SignInBy};
use crate::events::not_granted::NotGranted;
use crate::hooks::AuthBackend;
use crate::issuer::issue::IssueError;
use crate::records::begin::Begun;
use crate::records::begin::NewSession;
use crate::records::end::EndedToken;
use crate::records::sessions::Sessions;
use crate::session::errors::LoginError;
use crate::session::login::Login;
use crate::session::login_builder::LoginBuilder;
use crate::store::error::StoreError;

/// In bytes.
const MAX_LABEL: usize = 255;

impl<A: AuthBackend> LoginBuilder<A> {
    /// Begins a session that the client continues with a refresh token. For the kind `oauth2`, the token is the `refresh_token`
    /// of the [`TokenResponse`](crate::oauth2::TokenResponse). For the kind `cookie`, it is in a second cookie, which the browser
    /// sends only to `refresh_url`.
    ///
    /// The sign-in fails if the builder has no `refresh_tokens`, or if the kind has no place for a refresh token.
    #[doc(alias = "remember_me")]
    pub fn with_refresh_token(mut self) -> Self {
        self.purpose.wants_refresh_token = true;
        self
    }

    /// Keeps the session of the replaced cookie valid, so that requests that the page has already sent still succeed. By default
    /// a sign-in that sets a cookie ends the session of the cookie that the request came with.
    pub fn keep_session(mut self) -> Self {
        self.purpose.keeps_session = true;
        self
    }

    /// The name of the session in [`Backend::sessions`](crate::Backend::sessions), for example the browser's name. It is cut after
    /// 255 bytes. It has no effect without a refresh token, because no session begins then.
    pub fn session_label(mut self, label: impl Into<String>) -> Self {
        self.purpose.label = label.into();
        while self.purpose.label.len() > MAX_LABEL {
            self.purpose.label.pop();
        }
        self
    }

    /// Call this if a sign-in of this request failed with [`LoginError::SignedOutMeanwhile`] and you have checked the password
    /// again since then. Pass the `before` of that error.
    pub fn checked_again(mut self, before: u64) -> Self {
        self.purpose.checked_again_at = before;
        self
    }

    /// Reports the outcome. The token endpoint checks the password again after a sign-out, so it reports that refusal itself.
    async fn sign_in(mut self) -> Result<Login, LoginError> {
        let signed_in = self.try_to_sign_in().await;
        let (events, request, by) = (&self.backend.stages.events, &self.purpose.request.info, self.purpose.by);
        match &signed_in {
            Ok(_) => events.tell(|| {
                let text = |claim| self.claims.texts.get(claim).map(str::to_owned);
                Event::SignedIn {
                    issuer: self.claims.iss.clone(),
                    subject: self.claims.sub.clone(),
                    client_id: text(TextClaim::ClientId),
                    session: text(TextClaim::Session),
                    by,
                    request: request.clone(),
                }
            }),
            Err(LoginError::SignedOutMeanwhile { .. }) if by == SignInBy::TokenEndpoint => {}
            Err(error) => events.sign_in_refused(&NotGranted::from(error), request),
        }
        signed_in
    }

    async fn try_to_sign_in(&mut self) -> Result<Login, LoginError> {
        let now = self.purpose.request.received_at.map_err(IssueError::from)?;
        let checked_at = now.max(self.purpose.checked_again_at).max(self.purpose.request.counts_from(&self.claims.sub));
        let sets_cookies = self.purpose.request.may_set_cookies::<A>();
        let new = if self.purpose.wants_refresh_token { Some(self.new_session(checked_at, now)?) } else { None };
        // `revoke_user` compares the `iat` of a token without a session, so that `iat` is the time when the check of
        // the user began.
        self.issued_at = Some(if new.is_some() { now } else { checked_at });
        let token = self.signed()?;
        if self.claims.exp <= self.backend.stages.authenticator.now().map_err(IssueError::from)? {
            let mistake = "the request is so old that its token would already have expired; sign in with the `AuthSession` of a new request";
            return Err(LoginError::Claims(mistake.to_owned()));
        }
        let (new, refresh_token) = new.map(|new| ((new.account, new.first, new.session), new.answered)).unzip();
        // A cookie that the browser holds with another path or domain would stay beside the new one.
        let cookies = &self.backend.stages.authenticator.sources.cookies;
        let removed = sets_cookies.then(|| self.purpose.request.remove_other_cookies(cookies));
        let login = self.answer(token, refresh_token, removed.as_deref())?;
        // After this point, only the check of the replaced cookie and the store can fail.
        let stages = &self.backend.stages;
        let sessions = stages.authenticator.sessions()?;
        let replaces = self.replaced_tokens(sets_cookies).await?;
        let Some((account, first, session)) = new else {
            let before = sessions.stale_before(sessions.tag(&self.claims.iss, &self.claims.sub)?).await?;
            // The guard would refuse a token that is dated further ahead.
            let is_early = checked_at > now.saturating_add(stages.issuance.policy.start_leeway);
            if checked_at < before || is_early {
                return Err(stale(sessions, before.max(checked_at), now));
            }
            sessions.end_replaced(replaces, now).await?;
            return Ok(login);
        };
        let session = NewSession {
            replaces,
            label: std::mem::take(&mut self.purpose.label),
            access_until: self.claims.exp,
            ..session
        };
        match sessions.begin(&account, &first, session, now).await? {
            Begun::Begun => Ok(login),
            Begun::Stale(before) => Err(stale(sessions, before, now)),
            Begun::Full => Err(LoginError::TooManySessions),
            Begun::Blocked => Err(StoreError::new("the session was ended before it began").into()),
        }
    }

    /// The tokens of the cookies that the sign-in replaces.
    async fn replaced_tokens(&self, sets_cookies: bool) -> Result<Vec<EndedToken>, LoginError> {
        let stages = &self.backend.stages;
        if !sets_cookies || A::SPEC.cookie.is_none() || self.purpose.keeps_session {
            return Ok(Vec::new());
        }
        let mut replaced = Vec::new();
        for presented in &self.purpose.request.in_cookies {
            if let Some(token) = presented.token(stages).await.map_err(LoginError::Unchecked)? {
                if token.jwt_id() == Some(self.claims.jti.as_str()) {
                    let mistake = "the new token has the same `jwt_id` as the token that it replaces";
                    return Err(LoginError::Claims(mistake.to_owned()));
                }
                replaced.push(stages.ended(&token)?);
            }
        }
        Ok(replaced)
    }
}

/// Several sign-outs everywhere in a row move `before` further ahead than one does, so the client has to wait longer.
fn stale(sessions: &Sessions, before: u64, now: u64) -> LoginError {
    let retry_after = sessions.stale_for().max(before.saturating_sub(now));
    LoginError::SignedOutMeanwhile { before, retry_after }
}

/// Signs the user in: signs the token, and then writes to the store in one step.
impl<A: AuthBackend> IntoFuture for LoginBuilder<A> {
    type Output = Result<Login, LoginError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    /// # Errors
    ///
    /// [`LoginError`] says which setting or claim cannot be issued, or that the store failed. In both cases nobody is signed in.
    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.sign_in())
    }
}

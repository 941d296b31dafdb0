//! Refresh tokens (RFC 6749 section 6). They are opaque and can be used once. If one is used twice, its session ends (RFC 9700
//! section 4.14.2).

use std::future::{Future, IntoFuture};
use std::pin::Pin;

use http::request::Parts;

use jwt_auth_grammar::claim::TextClaim;

use crate::backend::Backend;
use crate::catch_panic::{Panicked, catch_panic_async};
use crate::cause::Cause;
use crate::declaration::spec::Kind;
use crate::events::event::Event;
use crate::events::not_granted::NotGranted;
use crate::hooks::AuthBackend;
use crate::issuer::issue::IssueError;
use crate::jose::token::Token;
use crate::records::begin::NewSession;
use crate::records::refresh::{FoundSession, Refreshed, Refreshing};
use crate::records::refresh_policy::NewRefreshToken;
use crate::records::refresh_token::RefreshToken;
use crate::records::sessions::Account;
use crate::request_info::RequestInfo;
use crate::session::errors::LoginError;
use crate::session::errors::RefreshError;
use crate::session::login::Login;
use crate::session::login_builder::LoginBuilder;
use crate::session::purpose::Renewal;
use crate::session::session_claims::{audience_is_ours, kept_claims, token_of_session};
use crate::store::error::StoreError;
use crate::user::lookup::NotAllowed;
use crate::user::{JwtUser, UserId};

/// A client's request to use a refresh token.
#[derive(Clone, Copy)]
pub(crate) struct RefreshRequest<'a> {
    /// The client that the token must belong to.
    pub(crate) client_id: &'a str,
    /// `None` requests every scope that was granted.
    pub(crate) scopes: Option<&'a [&'a str]>,
}

impl<A: AuthBackend, For> LoginBuilder<A, For> {
    /// The session that begins with this sign-in, and its first refresh token. Writes nothing to the store.
    pub(crate) fn new_session(&mut self, checked_at: u64, now: u64) -> Result<BeginningSession, LoginError> {
        if A::SPEC.kind != Kind::OAuth2 && A::SPEC.refresh_url.is_none() {
            return Err(LoginError::NoPlaceForRefreshToken);
        }
        let stages = &self.backend.stages;
        if A::SPEC.kind == Kind::Cookie
            && self.claims.texts.get(TextClaim::ClientId) != Some(&stages.issuance.client_id)
        {
            let mistake = "`refresh_url` renews only the sessions of the builder's `client_id`";
            return Err(LoginError::Claims(mistake.to_owned()));
        }
        let policy = stages.issuance.refresh.ok_or(LoginError::RefreshTokensOff)?;
        let account = Account::new(&stages.issuance.issuer, &self.claims.sub)?;
        let first = RefreshToken::random(account.tag)?;
        let ends_at = now.saturating_add(policy.absolute.as_secs());
        let session = NewSession {
            checked_at,
            idle_until: now.saturating_add(policy.idle.as_secs()),
            ends_at,
            client_id: self.claims.texts.get(TextClaim::ClientId).unwrap_or_default().to_owned(),
            scope: self.claims.texts.get(TextClaim::Scope).unwrap_or_default().to_owned(),
            claims: kept_claims(&self.claims.extras, &stages.issuance.policy)?,
            label: String::new(),
            access_until: 0,
            replaces: Vec::new(),
        };
        self.continue_session(first.session()?.text(), ends_at.saturating_sub(now));
        let answered = policy.new_token(&first, ends_at, now);
        Ok(BeginningSession { account, first, session, answered })
    }

    /// Names the session in the token, and limits the token's lifetime to that of the session, which has `left` seconds left.
    fn continue_session(&mut self, session: String, left: u64) {
        self.claims.texts.set(TextClaim::Session, Some(session));
        self.lifetime = self.lifetime.min(left);
    }
}

/// A session that is not written to the store yet.
pub(crate) struct BeginningSession {
    pub(crate) account: Account,
    pub(crate) first: RefreshToken,
    pub(crate) session: NewSession,
    /// The first refresh token, for the answer.
    pub(crate) answered: NewRefreshToken,
}

impl<A: AuthBackend> Backend<A> {
    /// `may_have` returns whether the client may have a scope. `scope_allowed` decides about the user. A refusal is logged and
    /// reported.
    pub(crate) async fn renewal(
        &self,
        refresh_token: &str,
        asked: RefreshRequest<'_>,
        may_have: impl Fn(&str) -> bool + Send + Sync,
        (request, info): (&Parts, &RequestInfo),
    ) -> Result<LoginBuilder<A, Renewal>, RefreshError> {
        let renewal = self.find_renewal(refresh_token, asked, may_have, (request, info)).await;
        renewal.inspect_err(|error| self.stages.events.refresh_refused(&NotGranted::from(error), info))
    }

    async fn find_renewal(
        &self,
        refresh_token: &str,
        RefreshRequest { client_id, scopes }: RefreshRequest<'_>,
        may_have: impl Fn(&str) -> bool + Send + Sync,
        (request, info): (&Parts, &RequestInfo),
    ) -> Result<LoginBuilder<A, Renewal>, RefreshError> {
        let stages = &self.stages;
        let policy = stages.issuance.refresh.ok_or(RefreshError::Off)?;
        let sessions = stages.authenticator.sessions()?;
        let now = stages.authenticator.now().map_err(|error| LoginError::from(IssueError::from(error)))?;
        let presented = RefreshToken::parse(refresh_token).ok_or(RefreshError::Invalid)?;
        let found = sessions.find(&presented, now).await?.ok_or(RefreshError::Invalid)?;
        let session = &found.session;
        let is_over = session.began_at.saturating_add(policy.absolute.as_secs()) <= now;
        let token = token_of_session(stages, &found).filter(|_| found.issuer == stages.issuance.issuer && !is_over);
        let token = token.ok_or(RefreshError::Invalid)?;
        if client_id != session.client_id {
            return Err(RefreshError::Client);
        }
        let granted: Vec<&str> = session.scope.split(' ').filter(|scope| !scope.is_empty()).collect();
        let asked = scopes.unwrap_or(&granted);
        if asked.iter().any(|scope| !A::SPEC.is_granted(granted.iter().copied(), scope)) {
            return Err(RefreshError::Scope);
        }
        let Some(user) = self.user_of(&token, request).await? else {
            sessions.end(presented.tag, found.id, now).await?;
            return Err(RefreshError::Invalid);
        };
        if user.id().to_subject() != found.subject {
            return Err(RefreshError::Lookup("it found a user who is not the user of the session".into()));
        }
        // The session may come from an older version of the service, which declared more scopes.
        let is_declared = |scope: &&str| A::SPEC.scopes.iter().any(|declared| declared.name == *scope);
        let may_have = |scope: &&str| may_have(scope) && stages.authenticator.hooks.allows_scope(&user, scope);
        let allowed: Vec<&str> = asked.iter().copied().filter(is_declared).filter(may_have).collect();
        if allowed.is_empty() && scopes.is_some_and(|asked| !asked.is_empty()) {
            return Err(RefreshError::Scope);
        }
        let (sid, left) = (found.id.text(), session.ends_at.saturating_sub(now));
        let (client_id, allowed) = (session.client_id.clone(), allowed.join(" "));
        let sources = &stages.authenticator.sources;
        let is_own = sources.cross_site_sign_in(request).is_none();
        let removed_cookies = is_own.then(|| sources.remove_repeated_cookies(request));
        let (info, is_reused) = (info.clone(), false);
        let purpose = Renewal { presented, found, policy, removed_cookies, info, is_reused };
        let mut login = LoginBuilder::new(self.clone(), &user, purpose).client_id(client_id).issued_at(now);
        login.claims.texts.set(TextClaim::Scope, Some(allowed).filter(|allowed| !allowed.is_empty()));
        login.continue_session(sid, left);
        Ok(login)
    }

    /// The session that a refresh token of this issuer belongs to, whether or not the token was used.
    pub(crate) async fn session_of(
        &self,
        refresh_token: &RefreshToken,
        now: u64,
    ) -> Result<Option<FoundSession>, StoreError> {
        let stages = &self.stages;
        let found = stages.authenticator.sessions()?.find(refresh_token, now).await?;
        let is_ours = |found: &FoundSession| {
            found.issuer == stages.issuance.issuer && audience_is_ours(stages, &found.session.claims)
        };
        Ok(found.filter(is_ours))
    }

    /// Looks up the user of a session as for a request with its access token. `None` if there is no such user, or if `revoked`
    /// says that the session has ended.
    async fn user_of(&self, token: &Token, request: &Parts) -> Result<Option<A::User>, RefreshError> {
        let config = &self.stages.authenticator.hooks;
        if A::SPEC.asks_revoked {
            let revoked = catch_panic_async(async { config.revoked(token).await })
                .await
                .map_err(|Panicked| RefreshError::Panicked)?;
            if revoked.map_err(|error| RefreshError::Store(StoreError::caused_by(error)))? {
                return Ok(None);
            }
        }
        let found = catch_panic_async(async { config.retrieve_user(token, request).await }).await;
        found.map_err(|Panicked| RefreshError::Panicked)?.map_err(|error| match error.downcast::<NotAllowed>() {
            Ok(reason) => RefreshError::NotAllowed(*reason),
            Err(error) => RefreshError::Lookup(Cause::new(error)),
        })
    }
}

impl<A: AuthBackend> LoginBuilder<A, Renewal> {
    /// Reports the outcome.
    async fn renew(mut self) -> Result<Login, RefreshError> {
        let renewed = self.try_to_renew().await;
        let Renewal { found, info, is_reused, .. } = &self.purpose;
        let events = &self.backend.stages.events;
        let (issuer, subject, session) = (found.issuer.clone(), found.subject.clone(), found.id.text());
        let (client_id, request) = (Some(found.session.client_id.clone()), info.clone());
        match &renewed {
            Ok(_) => events.tell(|| Event::Refreshed { issuer, subject, client_id, session, request }),
            Err(_) if *is_reused => {
                let facts = info.facts();
                let (method, route, client) = (facts.method, facts.route_field(), facts.client_field());
                let reason = "reused";
                tracing::warn!(
                    target: "jwt_auth", session, %method, route, client, reason,
                    "a refresh token was used twice; its session has ended"
                );
                events.tell(|| Event::RefreshTokenReused { issuer, subject, client_id, session, request });
            }
            Err(error) => events.refresh_refused(&NotGranted::from(error), info),
        }
        renewed
    }

    /// Signs the access token first and then uses the refresh token, so the refresh token stays unused if no access token can be
    /// issued.
    async fn try_to_renew(&mut self) -> Result<Login, RefreshError> {
        let now = self.now().map_err(LoginError::from)?;
        let ends_at = self.purpose.found.session.ends_at;
        // An access token does not outlive its session, even if `expires_in` was called after `continue_session`.
        self.lifetime = self.lifetime.min(ends_at.saturating_sub(now));
        let token = self.signed()?;
        let Renewal { presented, found, policy, removed_cookies, .. } = &self.purpose;
        let removed_cookies = removed_cookies.as_deref();
        let next = presented.successor()?;
        let login = self.answer(token, Some(policy.new_token(&next, ends_at, now)), removed_cookies)?;
        let how =
            Refreshing { grace: policy.grace.as_secs(), idle: policy.idle.as_secs(), access_until: self.claims.exp };
        let sessions = self.backend.stages.authenticator.sessions()?;
        match sessions.refresh(presented, found, &next, how, now).await? {
            Refreshed::Successor(successor) if *successor.text() == *next.text() => Ok(login),
            // An earlier request with the same token made this successor. Its answer may be lost, so this one repeats the token.
            Refreshed::Successor(successor) => {
                let earlier = policy.new_token(&successor, ends_at, now);
                Ok(self.answer(login.token().to_owned(), Some(earlier), removed_cookies)?)
            }
            Refreshed::TryAgain => Err(RefreshError::TryAgain),
            Refreshed::Reused => {
                self.purpose.is_reused = true;
                Err(RefreshError::Invalid)
            }
            Refreshed::Unknown => Err(RefreshError::Invalid),
        }
    }
}

/// Uses the refresh token: signs the new access token, and then writes to the store.
impl<A: AuthBackend> IntoFuture for LoginBuilder<A, Renewal> {
    type Output = Result<Login, RefreshError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    /// # Errors
    ///
    /// The same as [`Backend::refresh`].
    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.renew())
    }
}

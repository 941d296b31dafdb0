//! Refresh tokens (RFC 6749 section 6): opaque, used once, and a session that ends when one is used twice (RFC 9700
//! section 4.14.2).

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;

use http::request::Parts;

use super::issued::{Login, NewRefreshToken};
use super::refresh_error::RefreshError;
use super::refresh_record::{kept_claims, record_token};
use super::refresh_secret::Secret;
use super::{AuthBackend, Backend, Kind, LoginBuilder, LoginError, RefreshTokens};
use crate::catch::{Panicked, caught};
use crate::cause::Cause;
use crate::csrf;
use crate::store::{Consumed, Refresh, StoreError, Successor};
use crate::token::{self, IssueError, Token};
use crate::user::{JwtUser, NotAllowed, UserId};

/// What a client asks for with a refresh token.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    /// The client that the token must belong to.
    pub(crate) client_id: &'a str,
    /// `None` for all that were granted.
    pub(crate) scopes: Option<&'a [&'a str]>,
}

impl<A: AuthBackend, For> LoginBuilder<A, For> {
    /// The record of a session that begins with this sign-in, and its first refresh token. Nothing is written yet.
    pub(super) fn begin_session(&mut self, now: u64) -> Result<(Refresh, NewRefreshToken), LoginError> {
        if A::SPEC.kind != Kind::OAuth2 && A::SPEC.refresh_url.is_none() {
            return Err(LoginError::NoPlaceForRefreshToken);
        }
        let inner = std::sync::Arc::clone(&self.backend.inner);
        if A::SPEC.kind == Kind::Cookie && self.claims.client_id.as_ref() != Some(&inner.client_id) {
            let mistake = "`refresh_url` renews the sessions of the builder's `client_id` alone";
            return Err(LoginError::Claims(mistake.to_owned()));
        }
        let policy = inner.refresh.ok_or(LoginError::RefreshTokensOff)?;
        let secret = Secret::new()?;
        let session = token::random_jwt_id()?;
        let ends_at = now.saturating_add(policy.absolute.as_secs());
        let record = Refresh {
            hash: secret.hash().ok_or(LoginError::NoCrypto)?,
            session: session.clone(),
            issuer: inner.issuer.clone(),
            subject: self.claims.sub.clone(),
            client_id: self.claims.client_id.clone().unwrap_or_default(),
            scope: self.claims.scope.clone().unwrap_or_default(),
            claims: kept_claims(&self.claims.extras, &inner.policy)?,
            began_at: now,
            expires_at: now.saturating_add(policy.idle.as_secs()),
            ends_at,
        };
        self.continue_session(session, ends_at.saturating_sub(now));
        Ok((record, policy.new_token(&secret, ends_at, now)))
    }

    /// An access token does not outlive its session.
    fn continue_session(&mut self, session: String, left: u64) {
        self.claims.session = Some(session);
        self.lifetime = self.lifetime.min(left);
    }
}

/// The purpose of a [`LoginBuilder`] that uses a refresh token.
pub struct Renewal {
    presented: Secret,
    record: Refresh,
    policy: RefreshTokens,
    sets_cookies: bool,
}

impl fmt::Debug for Renewal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Renewal").field("session", &self.record.session).finish_non_exhaustive()
    }
}

impl<A: AuthBackend> Backend<A> {
    /// Starts a refresh: a new access token and a new refresh token for the token's user. Awaiting the [`LoginBuilder`]
    /// uses the refresh token and gives the answer. Settings of the sign-in, such as [`LoginBuilder::extra`], are not
    /// carried over: set them again before awaiting.
    ///
    /// `client_id` is the client that asks, `None` for the builder's own. `scopes` may ask for fewer than were granted; `None`
    /// asks for all of them that `scope_allowed` still allows. `request` is handed to `retrieve_user`, which finds the user
    /// anew, and tells whether a page of another site asks: such a page sets no cookies.
    ///
    /// ```
    /// # use axum::Json;
    /// # use jwt_auth::{auth_backend, Backend, JwtUser, Login, Parts, RefreshError};
    /// # #[derive(Clone, JwtUser)] struct User { #[jwt_user(id)] id: u64 }
    /// # #[auth_backend(kind = "oauth2", user = User, token_url = "/token", exclude = ["/renew"])] struct Auth;
    /// async fn renew(auth: Backend<Auth>, parts: Parts, Json(token): Json<String>) -> Result<Login, RefreshError> {
    ///     auth.refresh(&token, None, None, &parts).await?.await
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`RefreshError`], here and when the builder is awaited. The token stays unused, except that an unknown user or a
    /// second use ends the session, and a store that fails may have used it: then the user has to sign in again.
    pub async fn refresh(
        &self,
        refresh_token: &str,
        client_id: Option<&str>,
        scopes: Option<&[&str]>,
        request: &Parts,
    ) -> Result<LoginBuilder<A, Renewal>, RefreshError> {
        let client_id = client_id.unwrap_or(&self.inner.client_id);
        self.renewal(refresh_token, Asked { client_id, scopes }, |_| true, request).await
    }

    /// `may_have` is what the client may have besides what the user may.
    pub(crate) async fn renewal(
        &self,
        refresh_token: &str,
        Asked { client_id, scopes }: Asked<'_>,
        may_have: impl Fn(&str) -> bool + Send + Sync,
        request: &Parts,
    ) -> Result<LoginBuilder<A, Renewal>, RefreshError> {
        let inner = &self.inner;
        let (Some(policy), Some(memory)) = (inner.refresh, &inner.memory) else { return Err(RefreshError::Off) };
        let now = inner.now().map_err(|error| LoginError::from(IssueError::from(error)))?;
        let presented = Secret::parse(refresh_token).ok_or(RefreshError::Invalid)?;
        let hash = presented.hash().ok_or(RefreshError::Invalid)?;
        let record = memory.ask(memory.store.find(hash, now)).await?.ok_or(RefreshError::Invalid)?;
        let is_over = record.began_at.saturating_add(policy.absolute.as_secs()) <= now;
        let token = record_token(inner, &record).filter(|_| record.issuer == inner.issuer && !is_over);
        let token = token.ok_or(RefreshError::Invalid)?;
        if client_id != record.client_id {
            return Err(RefreshError::Client);
        }
        let granted: Vec<&str> = record.scope.split(' ').filter(|scope| !scope.is_empty()).collect();
        let asked = scopes.unwrap_or(&granted);
        if asked.iter().any(|scope| !A::SPEC.is_granted(granted.iter().copied(), scope)) {
            return Err(RefreshError::Scope);
        }
        let Some(user) = self.user_of(&token, request).await? else {
            memory.revoke_session(&record, now).await?;
            return Err(RefreshError::Invalid);
        };
        if user.id().to_subject() != record.subject {
            return Err(RefreshError::Lookup("it found another user than the session's".into()));
        }
        // An older version of the service may have declared more.
        let is_declared = |scope: &&str| A::SPEC.scopes.iter().any(|declared| declared.name == *scope);
        let may_have = |scope: &&str| may_have(scope) && inner.config.allows_scope(&user, scope);
        let allowed: Vec<&str> = asked.iter().copied().filter(is_declared).filter(may_have).collect();
        if allowed.is_empty() && scopes.is_some_and(|asked| !asked.is_empty()) {
            return Err(RefreshError::Scope);
        }
        let (session, left) = (record.session.clone(), record.ends_at.saturating_sub(now));
        let (client_id, allowed) = (record.client_id.clone(), allowed.join(" "));
        let sets_cookies = !csrf::is_cross_site(request, &inner.allowed_origins);
        let purpose = Renewal { presented, record, policy, sets_cookies };
        let mut login = LoginBuilder::new(self.clone(), &user, purpose).client_id(client_id).issued_at(now);
        login.claims.scope = Some(allowed).filter(|allowed| !allowed.is_empty());
        login.continue_session(session, left);
        Ok(login)
    }

    /// The session that a refresh token of this issuer belongs to, whether it is used or not.
    pub(crate) async fn session_of(&self, refresh_token: &str, now: u64) -> Result<Option<Refresh>, StoreError> {
        let hash = Secret::parse(refresh_token).and_then(|secret| secret.hash());
        let (Some(memory), Some(hash)) = (&self.inner.memory, hash) else { return Ok(None) };
        let found = memory.ask(memory.store.find(hash, now)).await?;
        Ok(found.filter(|refresh| refresh.issuer == self.inner.issuer && record_token(&self.inner, refresh).is_some()))
    }

    pub(crate) async fn end_session(&self, session: &Refresh, now: u64) -> Result<(), StoreError> {
        let Some(memory) = &self.inner.memory else { return Ok(()) };
        memory.revoke_session(session, now).await
    }

    /// The user of a session, as a request with an access token of it would find them; `None` also where `revoked` says that
    /// the session is over.
    async fn user_of(&self, token: &Token, request: &Parts) -> Result<Option<A::User>, RefreshError> {
        let config = &self.inner.config;
        if A::SPEC.asks_revoked {
            let revoked =
                caught(async { config.revoked(token).await }).await.map_err(|Panicked| RefreshError::Panicked)?;
            if revoked.map_err(|error| RefreshError::Store(StoreError::caused_by(error)))? {
                return Ok(None);
            }
        }
        let found = caught(async { config.retrieve_user(token, request).await }).await;
        found.map_err(|Panicked| RefreshError::Panicked)?.map_err(|error| match error.downcast::<NotAllowed>() {
            Ok(reason) => RefreshError::NotAllowed(*reason),
            Err(error) => RefreshError::Lookup(Cause::new(error)),
        })
    }
}

impl<A: AuthBackend> LoginBuilder<A, Renewal> {
    /// Signs first and then uses the token, so a token that cannot be issued leaves the refresh token unused.
    async fn renew(mut self) -> Result<Login, RefreshError> {
        let now = self.now().map_err(LoginError::from)?;
        let inner = std::sync::Arc::clone(&self.backend.inner);
        let memory = inner.memory.as_ref().ok_or(RefreshError::Off)?;
        let Renewal { policy, sets_cookies, .. } = self.purpose;
        let ends_at = self.purpose.record.ends_at;
        // Whatever lifetime was set: an access token does not outlive its session.
        self.lifetime = self.lifetime.min(ends_at.saturating_sub(now));
        let next = Secret::new()?;
        let login = self.issue(Some(policy.new_token(&next, ends_at, now)), sets_cookies)?;
        let presented = &self.purpose.presented;
        let successor = Successor {
            hash: next.hash().ok_or(RefreshError::Invalid)?,
            sealed: presented.seal(&next).ok_or(RefreshError::Invalid)?,
            grace: policy.grace.as_secs(),
            idle: policy.idle.as_secs(),
            margin: super::memory::MARGIN,
        };
        match memory.consume(&self.purpose.record, successor, now).await? {
            Consumed::Now(_) => Ok(login),
            Consumed::Before { sealed, .. } => {
                let next = presented.open(&sealed).ok_or(RefreshError::Invalid)?;
                Ok(self.issue(Some(policy.new_token(&next, ends_at, now)), sets_cookies)?)
            }
            Consumed::Reused(refresh) => {
                let session = &refresh.session;
                tracing::warn!(target: "jwt_auth", session, "a refresh token was used twice; its session is revoked");
                Err(RefreshError::Invalid)
            }
            Consumed::Unknown => Err(RefreshError::Invalid),
        }
    }
}

/// Uses the refresh token: signs the new access token, and then writes to the store in one call.
impl<A: AuthBackend> IntoFuture for LoginBuilder<A, Renewal> {
    type Output = Result<Login, RefreshError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    /// # Errors
    ///
    /// As [`Backend::refresh`].
    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.renew())
    }
}

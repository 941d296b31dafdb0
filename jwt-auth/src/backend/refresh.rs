//! Refresh tokens (RFC 6749 section 6): opaque, used once, and a session that ends when one is used twice (RFC 9700
//! section 4.14.2).

use http::request::Parts;
use zeroize::Zeroizing;

use super::refresh_policy::RefreshError;
use super::{AuthBackend, Backend, Kind, Login, LoginError};
use crate::clock::ClockError;
use crate::store::{Consumed, Refresh, RefreshHash, StoreError, Successor};
use crate::token::{self, Claims, Token};

const NO_PLACE: &str = "a login of this kind has no place for a refresh token; declare `refresh_url = \"/refresh\"` for the kind `cookie`, or the kind `oauth2`";

/// What is asked of a refresh token.
#[derive(Clone, Copy)]
pub(crate) struct Renewal<'a> {
    /// Whose it must be.
    pub(crate) client_id: &'a str,
    /// `None` for all that were granted.
    pub(crate) scopes: Option<&'a [&'a str]>,
}

/// 256 random bits, and their text.
struct Secret(Zeroizing<[u8; 32]>);

impl Secret {
    fn new() -> Result<Self, LoginError> {
        let mut bytes = Zeroizing::new([0; 32]);
        getrandom::fill(bytes.as_mut()).map_err(|_| LoginError::Claims("no random numbers".into()))?;
        Ok(Self(bytes))
    }

    fn parse(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(token::from_base64url(text)?);
        <[u8; 32]>::try_from(bytes.as_slice()).ok().map(|bytes| Self(Zeroizing::new(bytes)))
    }

    fn text(&self) -> String {
        token::to_base64url(self.0.as_ref())
    }

    fn hash(&self) -> Option<RefreshHash> {
        token::sha256(self.0.as_ref()).map(RefreshHash)
    }

    /// The successor's bytes under a key that only who has this token can make; the store has its hash alone. One key, one
    /// text.
    fn seal(&self, other: &[u8; 32]) -> Option<[u8; 32]> {
        let key = Zeroizing::new(token::sha256(&[b"jwt-auth successor".as_slice(), self.0.as_ref()].concat())?);
        let mut sealed = *other;
        sealed.iter_mut().zip(key.iter()).for_each(|(byte, key)| *byte ^= key);
        Some(sealed)
    }
}

impl<A: AuthBackend> Login<A> {
    /// Adds a refresh token, with which the client continues the session: it begins here, and this token and its successors
    /// belong to it. Set everything else before. It travels in the `refresh_token` of the
    /// [`TokenResponse`](crate::TokenResponse), and for the kind `cookie` in a cookie of its own, which is sent to `refresh_url` alone.
    ///
    /// # Errors
    ///
    /// [`LoginError::Refresh`] where refresh tokens are off, the kind has no place for one, or the store cannot keep it.
    pub async fn with_refresh_token(self) -> Result<Self, LoginError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        if A::SPEC.kind != Kind::OAuth2 && A::SPEC.refresh_url.is_none() {
            return Err(LoginError::Refresh(NO_PLACE.to_owned()));
        }
        let failed = |error: RefreshError| LoginError::Refresh(error.to_string());
        let inner = std::sync::Arc::clone(&self.backend.inner);
        let (Some(policy), Some(memory)) = (inner.refresh, &inner.memory) else {
            return Err(failed(RefreshError::Off));
        };
        let now = self.now()?;
        let secret = Secret::new()?;
        let session = token::random_jwt_id()?;
        let ends_at = now.saturating_add(policy.absolute.as_secs());
        let refresh = Refresh {
            hash: secret.hash().ok_or_else(|| failed(RefreshError::Invalid))?,
            session: session.clone(),
            issuer: inner.issuer.clone(),
            subject: self.claims.sub.clone(),
            client_id: self.claims.client_id.clone().unwrap_or_default(),
            scope: self.claims.scope.clone().unwrap_or_default(),
            claims: serde_json::to_string(&self.claims.extras)
                .map_err(|error| LoginError::Claims(error.to_string()))?,
            began_at: now,
            expires_at: now.saturating_add(policy.idle.as_secs()),
            ends_at,
        };
        memory.ask(memory.store.begin(refresh, now)).await.map_err(|error| failed(error.into()))?;
        Ok(self.of_session(session, ends_at.saturating_sub(now), policy.idle.as_secs(), secret.text()))
    }

    /// An access token does not outlive its session.
    fn of_session(mut self, session: String, left: u64, idle: u64, refresh_token: String) -> Self {
        self.claims.session = Some(session);
        self.lifetime = self.lifetime.min(left);
        self.refresh_token = Some((refresh_token, left.min(idle)));
        self
    }
}

impl<A: AuthBackend> Backend<A> {
    /// Uses a refresh token: a login of its user with a new access token and a new refresh token. `scopes` may ask for fewer
    /// than were granted; `None` asks for all of them that `scope_allowed` still allows. `request` is handed to
    /// `retrieve_user`, which finds the user anew before the token is used. What a handler added to the login by itself, such as
    /// [`Login::extra`], it adds again.
    ///
    /// # Errors
    ///
    /// [`RefreshError`]. The token is unused, but where the store failed: then it may be used, and the user signs in again.
    pub async fn refresh(
        &self,
        refresh_token: &str,
        client_id: Option<&str>,
        scopes: Option<&[&str]>,
        request: &Parts,
    ) -> Result<Login<A>, RefreshError> {
        let client_id = client_id.unwrap_or(&self.inner.client_id);
        self.renew(refresh_token, Renewal { client_id, scopes }, |_| true, request).await
    }

    /// `may_have` is what the client may have besides what the user may.
    pub(crate) async fn renew(
        &self,
        refresh_token: &str,
        Renewal { client_id, scopes }: Renewal<'_>,
        may_have: impl Fn(&str) -> bool + Send + Sync,
        request: &Parts,
    ) -> Result<Login<A>, RefreshError> {
        let inner = &self.inner;
        let (Some(policy), Some(memory)) = (inner.refresh, &inner.memory) else { return Err(RefreshError::Off) };
        let now = inner.now().map_err(|ClockError| RefreshError::Invalid)?;
        let presented = Secret::parse(refresh_token).ok_or(RefreshError::Invalid)?;
        let hash = presented.hash().ok_or(RefreshError::Invalid)?;
        // What the client may not ask for leaves its token unused.
        let known = memory.ask(memory.store.find(hash, now)).await?.ok_or(RefreshError::Invalid)?;
        let is_over = known.began_at.saturating_add(policy.absolute.as_secs()) <= now;
        if known.issuer != inner.issuer || is_over {
            return Err(RefreshError::Invalid);
        }
        if client_id != known.client_id {
            return Err(RefreshError::Client);
        }
        let granted: Vec<&str> = known.scope.split(' ').filter(|scope| !scope.is_empty()).collect();
        let asked = scopes.unwrap_or(&granted);
        if asked.iter().any(|scope| !granted.contains(scope)) {
            return Err(RefreshError::Scope);
        }
        let Some(user) = self.user_of(&known, now, request).await? else {
            self.end_session(&known, now).await?;
            return Err(RefreshError::Invalid);
        };
        // An older version of the service may have declared more.
        let is_declared = |scope: &&str| A::SPEC.scopes.iter().any(|declared| declared.name == *scope);
        let may_have = |scope: &&str| may_have(scope) && inner.config.allows_scope(&user, scope);
        let allowed: Vec<&str> = asked.iter().copied().filter(is_declared).filter(may_have).collect();
        if allowed.is_empty() && scopes.is_some_and(|asked| !asked.is_empty()) {
            return Err(RefreshError::Scope);
        }
        let next = Secret::new().map_err(RefreshError::Login)?;
        let successor = Successor {
            hash: next.hash().ok_or(RefreshError::Invalid)?,
            sealed: presented.seal(&next.0).ok_or(RefreshError::Invalid)?,
            grace: policy.grace.as_secs(),
            idle: policy.idle.as_secs(),
        };
        let (refresh, next) = match memory.ask(memory.store.consume(hash, successor, now)).await? {
            Consumed::Now(refresh) => (refresh, next),
            Consumed::Before { refresh, sealed } => {
                let next = presented.seal(&sealed).ok_or(RefreshError::Invalid)?;
                (refresh, Secret(Zeroizing::new(next)))
            }
            Consumed::Reused(refresh) => {
                let session = &refresh.session;
                tracing::warn!(target: "jwt_auth", session, "a refresh token was used twice; its session is revoked");
                // The store has done so until the session's end; its last token is accepted for the leeway longer.
                self.end_session(&refresh, now).await?;
                return Err(RefreshError::Invalid);
            }
            Consumed::Unknown => return Err(RefreshError::Invalid),
        };
        let login = self.login(&user).client_id(&refresh.client_id).issued_at(now).scopes(allowed).keep_session();
        let left = refresh.ends_at.saturating_sub(now);
        Ok(login.of_session(refresh.session, left, policy.idle.as_secs(), next.text()))
    }

    /// The session of this issuer's that a text is a refresh token of, used or not.
    pub(crate) async fn session_of(&self, refresh_token: &str, now: u64) -> Result<Option<Refresh>, StoreError> {
        let hash = Secret::parse(refresh_token).and_then(|secret| secret.hash());
        let (Some(memory), Some(hash)) = (&self.inner.memory, hash) else { return Ok(None) };
        let found = memory.ask(memory.store.find(hash, now)).await?;
        Ok(found.filter(|refresh| refresh.issuer == self.inner.issuer))
    }

    pub(crate) async fn end_session(&self, session: &Refresh, now: u64) -> Result<(), StoreError> {
        let Some(memory) = &self.inner.memory else { return Ok(()) };
        memory.revoke_session(&session.session, session.ends_at, now).await
    }

    /// As a request with an access token of the session would find it.
    async fn user_of(&self, refresh: &Refresh, now: u64, request: &Parts) -> Result<Option<A::User>, RefreshError> {
        let claims = Claims {
            iss: refresh.issuer.clone(),
            sub: refresh.subject.clone(),
            exp: refresh.ends_at,
            iat: now,
            client_id: Some(refresh.client_id.clone()),
            scope: Some(refresh.scope.clone()).filter(|scope| !scope.is_empty()),
            session: Some(refresh.session.clone()),
            extras: serde_json::from_str(&refresh.claims).map_err(|_| RefreshError::Invalid)?,
            ..Claims::default()
        };
        let found = self.inner.config.retrieve_user(&Token::of(&claims), request).await;
        found.map_err(|error| RefreshError::Lookup(error.to_string()))
    }
}

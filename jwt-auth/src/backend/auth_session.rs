//! The handle of one request: it signs in and out, and knows what that depends on in the request.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;

use http::request::Parts;

use super::issued::Login;
use super::login_error::LoginError;
use super::logout::{Logout, LogoutError};
use super::mode::{Issuing, Mode};
use super::{AuthBackend, Backend, Inner, Kind, LoginBuilder};
use crate::clock::ClockError;
use crate::credential::Carrier;
use crate::csrf;
use crate::rejection::{Rejection, RejectionReason};
use crate::session::{Begun, EndedToken, NewSession, Sessions};
use crate::store::StoreError;
use crate::token::{IssueError, Token, TokenError};

/// In bytes.
const MAX_LABEL: usize = 255;

/// Signs the caller of this request in and out. An extractor for handlers behind the guard of the backend `A`, on open routes
/// too.
///
/// ```
/// # use jwt_auth::{auth_backend, AuthSession, JwtUser, Login, LoginError, Logout, LogoutError};
/// # #[derive(Clone, JwtUser)] struct User { #[jwt_user(id)] id: u64 }
/// # #[auth_backend(kind = "cookie", user = User, exclude = ["/sign-in"])] struct Auth;
/// async fn sign_in(session: AuthSession<Auth>) -> Result<Login, LoginError> {
///     session.login(&User { id: 7 }).await
/// }
///
/// async fn sign_out(session: AuthSession<Auth>) -> Result<Logout, LogoutError> {
///     session.logout().await
/// }
/// ```
///
/// With the kind `cookie` the extractor answers 403 where the browser says that a page of another site caused an unsafe
/// request: that page could sign the user in as somebody else (login CSRF). If the page is yours, name its origin with
/// [`Builder::allowed_origin`](crate::Builder::allowed_origin).
pub struct AuthSession<A, M = Issuing> {
    backend: Backend<A, M>,
    request: Arc<RequestAuth>,
}

impl<A: AuthBackend, M: Mode> AuthSession<A, M> {
    pub(crate) fn new(backend: Backend<A, M>, request: RequestAuth) -> Self {
        Self { backend, request: Arc::new(request) }
    }

    /// The backend whose guard the request passed.
    pub fn backend(&self) -> &Backend<A, M> {
        &self.backend
    }

    /// The application's own config struct.
    pub fn config(&self) -> &A {
        self.backend.config()
    }

    /// Ends the session that the request presented: once this returns, its tokens are refused. The answer removes the cookies.
    ///
    /// A safe method proves nothing about where the request comes from, so sign out by `POST`: a link on another site is a `GET`.
    ///
    /// # Errors
    ///
    /// [`LogoutError::CrossSite`] where a page of another site may have sent the browser's cookie; nothing has ended, and as an
    /// answer it is a 403. [`LogoutError::Store`] where the store or the check of a token fails, or the backend has no store; the
    /// tokens may still be valid, and as an answer it is a 503.
    pub async fn logout(&self) -> Result<Logout, LogoutError> {
        let RequestAuth { in_header, in_cookies, .. } = &*self.request;
        let changes_cookies = self.request.may_change_cookies();
        if in_header.is_none() && !changes_cookies {
            let presentation = &self.backend.inner.presentation;
            return Err(LogoutError::CrossSite(Rejection::new(RejectionReason::CrossSite, Some(presentation))));
        }
        let inner = &self.backend.inner;
        let mut tokens = Vec::new();
        for presented in in_header.iter().chain(in_cookies.iter().filter(|_| changes_cookies)) {
            tokens.extend(presented.token(inner).await?);
        }
        inner.end(&tokens).await?;
        Ok(Logout::removing(changes_cookies.then(|| self.backend.remove_cookies())))
    }
}

impl<A: AuthBackend> AuthSession<A> {
    /// Starts a sign-in of `user`. Awaiting the [`LoginBuilder`] signs the user in.
    ///
    /// A sign-in that sets a cookie ends the session of the cookie that it replaces, in the same step of the store, unless
    /// [`keep_session`](LoginBuilder::keep_session) says otherwise.
    pub fn login(&self, user: &A::User) -> LoginBuilder<A> {
        let request = Arc::clone(&self.request);
        let purpose = SignIn {
            request,
            checked_again_at: 0,
            label: String::new(),
            wants_refresh_token: false,
            keeps_session: false,
        };
        LoginBuilder::new(self.backend.clone(), user, purpose)
    }
}

impl<A, M> Clone for AuthSession<A, M> {
    fn clone(&self) -> Self {
        Self { backend: self.backend.clone(), request: Arc::clone(&self.request) }
    }
}

impl<A: AuthBackend, M> fmt::Debug for AuthSession<A, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthSession").field("backend", &self.backend).finish_non_exhaustive()
    }
}

/// What signing in and out depends on in a request.
pub(crate) struct RequestAuth {
    /// When the request came, or rather its handle was made: a sign-in rests on a check that began later.
    came_at: Result<u64, ClockError>,
    /// Whether a browser says that a page of another site caused the request.
    pub(crate) is_cross_site: bool,
    /// Whether the request has no cookie of ours, or proves that a page of ours sent it.
    cookie_is_proven: bool,
    in_header: Option<Presented>,
    /// More than one where the cookie is repeated.
    in_cookies: Vec<Presented>,
}

/// A credential of the request.
enum Presented {
    /// The guard or an extractor has verified it.
    Verified(Token),
    /// Nobody has looked at it yet.
    Unverified(Box<[u8]>),
}

impl RequestAuth {
    /// `verified` is the token that the request is already authenticated by, and where it stood.
    pub(crate) fn of<A: AuthBackend>(inner: &Inner<A>, parts: &Parts, verified: Option<(&Token, Carrier)>) -> Self {
        // The guard verifies the one token that the carrier has.
        let presented = |carrier: Carrier, text: &[u8]| match verified {
            Some((token, known)) if known == carrier => Presented::Verified(token.clone()),
            _ => Presented::Unverified(text.into()),
        };
        let in_header = inner.sources.header(&parts.headers).map(|text| presented(Carrier::Header, text));
        let cookies = inner.sources.cookies(&parts.headers);
        let in_cookies: Vec<_> = cookies.map(|text| presented(Carrier::Cookie, text)).collect();
        let cookie_is_proven = in_cookies.is_empty() || csrf::check(parts, &inner.allowed_origins).is_ok();
        let is_cross_site = csrf::is_cross_site(parts, &inner.allowed_origins);
        Self { came_at: inner.now(), is_cross_site, cookie_is_proven, in_header, in_cookies }
    }

    /// Whether the answer may remove the browser's cookies and end their session.
    fn may_change_cookies(&self) -> bool {
        self.cookie_is_proven && !self.is_cross_site
    }
}

impl Presented {
    /// `None` for a token that is not valid: it names no session.
    async fn token<A: AuthBackend>(&self, inner: &Inner<A>) -> Result<Option<Token>, StoreError> {
        match self {
            Self::Verified(token) => Ok(Some(token.clone())),
            Self::Unverified(text) => match inner.verify(text, inner.now()).await {
                Ok(entry) => Ok(Some(entry.token)),
                // A session outlives its access tokens.
                Err(RejectionReason::Token(TokenError::Expired)) => Ok(inner.verify_expired(text)),
                Err(reason) if reason.status().is_server_error() => Err(StoreError::caused_by(reason)),
                Err(_) => Ok(None),
            },
        }
    }
}

/// The purpose of a [`LoginBuilder`] that signs the caller in.
pub struct SignIn {
    request: Arc<RequestAuth>,
    /// When the user was checked once more, in seconds since 1970; 0 if it was not needed.
    checked_again_at: u64,
    label: String,
    wants_refresh_token: bool,
    keeps_session: bool,
}

impl fmt::Debug for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignIn").field("keeps_session", &self.keeps_session).finish_non_exhaustive()
    }
}

impl<A: AuthBackend> LoginBuilder<A> {
    /// Begins a session that the client continues with a refresh token. The token stands in the `refresh_token` of the
    /// [`TokenResponse`](crate::TokenResponse), and for the kind `cookie` in a cookie of its own, which is sent to
    /// `refresh_url` alone.
    ///
    /// The sign-in fails where the builder has no `refresh_tokens`, and where the kind has no place for a refresh token.
    pub fn with_refresh_token(mut self) -> Self {
        self.purpose.wants_refresh_token = true;
        self
    }

    /// Keeps the session of the replaced cookie valid, for requests that the page has under way. By default a sign-in
    /// that sets a cookie ends the session of the cookie that the request came with.
    pub fn keep_session(mut self) -> Self {
        self.purpose.keeps_session = true;
        self
    }

    /// What [`Backend::sessions`](crate::Backend::sessions) calls the session, for example the browser's name. At most 255
    /// bytes. Without a refresh token there is no session, and this does nothing.
    pub fn session_label(mut self, label: impl Into<String>) -> Self {
        self.purpose.label = label.into();
        if self.purpose.label.len() > MAX_LABEL {
            self.error = Some(LoginError::Claims("`session_label` is longer than 255 bytes".to_owned()));
        }
        self
    }

    /// The user was checked once more, after the sign-in was refused as stale before this second.
    pub(crate) fn checked_again(mut self, before: u64) -> Self {
        self.purpose.checked_again_at = before;
        self
    }

    async fn sign_in(mut self) -> Result<Login, LoginError> {
        let now = self.purpose.request.came_at.map_err(IssueError::from)?;
        let checked_at = now.max(self.purpose.checked_again_at);
        let sets_cookies = !self.purpose.request.is_cross_site;
        let new = if self.purpose.wants_refresh_token { Some(self.new_session(checked_at, now)?) } else { None };
        // A token without a session tells by its `iat` on which check it rests.
        self.issued_at = Some(if new.is_some() { now } else { checked_at });
        let token = self.signed()?;
        let (new, refresh_token) = new.map(|new| ((new.account, new.first, new.session), new.answered)).unzip();
        let login = self.answer(token, refresh_token, sets_cookies)?;
        // From here on only the check of the replaced cookie and the store can fail.
        let inner = &self.backend.inner;
        let Some(sessions) = &inner.sessions else { return Ok(login) };
        let replaces = self.replaced_tokens(sets_cookies).await?;
        let Some((account, first, session)) = new else {
            let before = sessions.stale_before(sessions.tag(&self.claims.iss, &self.claims.sub)?).await?;
            if checked_at < before {
                return Err(stale(sessions, before));
            }
            sessions.end_tokens(replaces, now).await?;
            return Ok(login);
        };
        let session = NewSession { replaces, label: self.purpose.label, access_until: self.claims.exp, ..session };
        match sessions.begin(&account, &first, session, now).await? {
            Begun::Begun => Ok(login),
            Begun::Stale(before) => Err(stale(sessions, before)),
            Begun::Full => Err(LoginError::TooManySessions),
            Begun::Barred => Err(StoreError::new("the session was ended before it began").into()),
        }
    }

    /// The tokens of the cookies that the sign-in replaces.
    async fn replaced_tokens(&self, sets_cookies: bool) -> Result<Vec<EndedToken>, LoginError> {
        let inner = &self.backend.inner;
        if !sets_cookies || A::SPEC.cookie.is_none() || self.purpose.keeps_session {
            return Ok(Vec::new());
        }
        let mut replaced = Vec::new();
        for presented in &self.purpose.request.in_cookies {
            if let Some(token) = presented.token(inner).await? {
                if token.jwt_id() == self.claims.jti {
                    let mistake = "the `jwt_id` is that of the session that is replaced";
                    return Err(LoginError::Claims(mistake.to_owned()));
                }
                replaced.push(inner.ended(&token)?);
            }
        }
        Ok(replaced)
    }
}

fn stale(sessions: &Sessions, before: u64) -> LoginError {
    LoginError::SignedOutMeanwhile { before, retry_after: sessions.stale_for() }
}

/// Signs the user in: signs the token, and then writes to the store in one step.
impl<A: AuthBackend> IntoFuture for LoginBuilder<A> {
    type Output = Result<Login, LoginError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    /// # Errors
    ///
    /// [`LoginError`] says which setting or claim cannot be issued, or that the store failed. Nobody is signed in then.
    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.sign_in())
    }
}

/// Whether the extractor refuses the request.
impl RequestAuth {
    pub(crate) fn is_refused<A: AuthBackend>(&self) -> bool {
        self.is_cross_site && A::SPEC.kind == Kind::Cookie
    }
}

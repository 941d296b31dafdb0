//! Signs the caller of one request in and out, and holds what this needs from the request.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use http::request::Parts;

use crate::backend::mode::{Issuing, Mode};
use crate::backend::{Backend, Stages};
use crate::clock::ClockError;
use crate::credential::sources::Carrier;
use crate::declaration::spec::Kind;
use crate::hooks::AuthBackend;
use crate::jose::error::TokenError;
use crate::jose::token::Token;
use crate::rejection::Rejection;
use crate::rejection::reason::RejectionReason;
use crate::session::login::LoginBuilder;
use crate::session::logout::{Logout, LogoutError};
use crate::session::sign_in::SignIn;
use crate::store::error::StoreError;
use crate::user::{JwtUser, UserId};

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
/// With the kind `cookie`, the extractor answers 403 if the browser says that a page of another site caused an unsafe request:
/// that page could sign the user in as somebody else (login CSRF). If the page is yours, name its origin with
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

    /// Revokes the tokens that the request presented, and ends their sessions. Once this returns, every token of these sessions
    /// is refused. The returned [`Logout`] removes the cookies.
    ///
    /// Sign out by `POST`: a safe method proves nothing about where a request comes from, and a link on another site sends a
    /// `GET`.
    ///
    /// # Errors
    ///
    /// [`LogoutError::CrossSite`] (403) if a page of another site may have sent the browser's cookie: nothing has ended.
    /// [`LogoutError::Store`] (503) if the store or the check of a token fails, or the backend has no store: the tokens may still
    /// be valid.
    pub async fn logout(&self) -> Result<Logout, LogoutError> {
        let RequestAuth { in_header, in_cookies, .. } = &*self.request;
        let changes_cookies = self.request.may_change_cookies();
        if in_header.is_none() && !changes_cookies {
            let presentation = &self.backend.stages.presentation;
            return Err(LogoutError::CrossSite(Rejection::new(RejectionReason::CrossSite, Some(presentation))));
        }
        let stages = &self.backend.stages;
        let mut tokens = Vec::new();
        for presented in in_header.iter().chain(in_cookies.iter().filter(|_| changes_cookies)) {
            tokens.extend(presented.token(stages).await?);
        }
        stages.end(&tokens).await?;
        let cookies = if changes_cookies { self.backend.remove_cookies() } else { Vec::new() };
        Ok(Logout::removing(cookies))
    }
}

impl<A: AuthBackend> AuthSession<A> {
    /// Starts a sign-in of `user`. Awaiting the [`LoginBuilder`] signs the user in.
    ///
    /// A sign-in that sets a cookie ends the session of the cookie that it replaces, in the same step of the store, unless
    /// [`keep_session`](LoginBuilder::keep_session) says otherwise.
    ///
    /// The sign-in is as old as its request: a [`revoke_user`](Backend::revoke_user) that returns meanwhile refuses it. If you check a
    /// password in one request and a code in the next, only the last request counts, so compare a version of the password too.
    pub fn login(&self, user: &A::User) -> LoginBuilder<A> {
        let purpose = SignIn::by(Arc::clone(&self.request));
        LoginBuilder::new(self.backend.clone(), user, purpose)
    }

    /// Signs a user out everywhere, as [`Backend::revoke_user`] does, and lets this request sign the same user in again. For a
    /// changed password:
    ///
    /// ```
    /// # use jwt_auth::{auth_backend, AuthSession, JwtUser, Login, LoginError};
    /// # #[derive(Clone, JwtUser)] struct User { #[jwt_user(id)] id: u64 }
    /// # #[auth_backend(kind = "oauth2", user = User, token_url = "/token")] struct Auth;
    /// async fn change_password(session: AuthSession<Auth>, user: User) -> Result<Login, LoginError> {
    ///     // Check the old password and keep the new one before this.
    ///     session.logout_everywhere(&user.id).await?;
    ///     session.login(&user).await
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Backend::revoke_user`].
    pub async fn logout_everywhere(&self, id: &<A::User as JwtUser>::Id) -> Result<(), StoreError> {
        let subject = id.to_subject();
        let before = self.backend.end_all(&subject).await?;
        *self.request.signed_out.lock().unwrap_or_else(PoisonError::into_inner) = Some((subject, before));
        Ok(())
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

/// What signing in and out needs from a request.
pub(crate) struct RequestAuth {
    /// When the request came to the guard, or the password to the token endpoint. The check of the user began later than this.
    pub(crate) received_at: Result<u64, ClockError>,
    /// The user that this request has signed out everywhere, and the second from which a check of that user counts.
    pub(crate) signed_out: Mutex<Option<(String, u64)>>,
    /// Whether a browser says that a page of another site caused the request.
    pub(crate) is_cross_site: bool,
    /// Whether the request has no cookie of ours, or proves that a page of ours sent it.
    cookie_is_proven: bool,
    in_header: Option<Presented>,
    /// More than one if the cookie is repeated.
    pub(crate) in_cookies: Vec<Presented>,
}

/// A credential of the request.
pub(crate) enum Presented {
    /// The guard or an extractor has verified it.
    Verified(Token),
    /// It is not verified yet.
    Unverified(Box<[u8]>),
}

impl RequestAuth {
    /// `verified` is the token that has already authenticated the request, and the carrier that it came in.
    pub(crate) fn of<A: AuthBackend>(
        stages: &Stages<A>,
        parts: &Parts,
        verified: Option<(&Token, Carrier)>,
        received_at: Result<u64, ClockError>,
    ) -> Self {
        // The guard verifies the one token that the carrier has.
        let presented = |carrier: Carrier, text: &[u8]| match verified {
            Some((token, known)) if known == carrier => Presented::Verified(token.clone()),
            _ => Presented::Unverified(text.into()),
        };
        let in_header =
            stages.authenticator.sources.header(&parts.headers).map(|text| presented(Carrier::Header, text));
        let cookies = stages.authenticator.sources.cookies(&parts.headers);
        let in_cookies: Vec<_> = cookies.map(|text| presented(Carrier::Cookie, text)).collect();
        let cookie_is_proven = in_cookies.is_empty() || stages.authenticator.sources.check_csrf(parts).is_ok();
        let is_cross_site = stages.authenticator.sources.is_cross_site(parts);
        Self { received_at, signed_out: Mutex::default(), is_cross_site, cookie_is_proven, in_header, in_cookies }
    }

    /// The second from which a check of the user counts, where this request has signed the user out everywhere.
    pub(crate) fn counts_from(&self, subject: &str) -> u64 {
        let signed_out = self.signed_out.lock().unwrap_or_else(PoisonError::into_inner);
        signed_out.as_ref().filter(|(of, _)| of == subject).map_or(0, |(_, before)| *before)
    }

    /// Whether the answer may remove the browser's cookies and end their session.
    fn may_change_cookies(&self) -> bool {
        self.cookie_is_proven && !self.is_cross_site
    }
}

impl Presented {
    /// `None` for a token that is not valid: it names no session.
    pub(crate) async fn token<A: AuthBackend>(&self, stages: &Stages<A>) -> Result<Option<Token>, StoreError> {
        match self {
            Self::Verified(token) => Ok(Some(token.clone())),
            Self::Unverified(text) => match stages.authenticator.verify(text, stages.authenticator.now()).await {
                Ok(entry) => Ok(Some(entry.token)),
                // A session outlives its access tokens.
                Err(RejectionReason::Token(TokenError::Expired)) => Ok(stages.authenticator.verify_expired(text)),
                Err(reason) if reason.status().is_server_error() => Err(StoreError::caused_by(reason)),
                Err(_) => Ok(None),
            },
        }
    }
}

impl RequestAuth {
    /// Whether the extractor refuses the request.
    pub(crate) fn is_refused<A: AuthBackend>(&self) -> bool {
        self.is_cross_site && A::SPEC.kind == Kind::Cookie
    }
}

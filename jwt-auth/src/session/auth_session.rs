//! Signs the caller of one request in and out.

use std::fmt;
use std::sync::{Arc, PoisonError};

use crate::backend::Backend;
use crate::backend::{Issuing, Mode};
use crate::hooks::AuthBackend;
use crate::rejection::Rejection;
use crate::session::login_builder::LoginBuilder;
use crate::session::logout::{Logout, LogoutError};
use crate::session::purpose::SignIn;
use crate::session::request_auth::RequestAuth;
use crate::store::error::StoreError;
use crate::user::{JwtUser, UserId};

/// Signs the caller of this request in and out. It is an extractor for handlers behind the guard of the backend `A`, also on
/// open routes.
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
#[doc(alias = "login")]
#[doc(alias = "logout")]
pub struct AuthSession<A, M = Issuing> {
    backend: Backend<A, M>,
    request: Arc<RequestAuth>,
}

impl<A: AuthBackend, M: Mode> AuthSession<A, M> {
    pub(crate) fn new(backend: Backend<A, M>, request: RequestAuth) -> Self {
        Self { backend, request: Arc::new(request) }
    }

    /// The backend of the guard that admitted the request.
    pub fn backend(&self) -> &Backend<A, M> {
        &self.backend
    }

    pub(crate) fn request(&self) -> &RequestAuth {
        &self.request
    }

    /// The application's own config struct.
    pub fn config(&self) -> &A {
        self.backend.config()
    }

    /// Revokes the tokens that the request presented, and ends their sessions. Once this returns, every token of these sessions
    /// is refused. The returned [`Logout`] removes the cookies, also those of the same name that an older deployment has set with
    /// another path or domain.
    ///
    /// If the cookie is no longer good, a guarded sign-out route answers 401 and removes the cookie, so the user is signed out.
    /// But if the declaration has a `refresh_url`, open the route with `exclude = ["POST /sign-out"]`: a guarded route would answer
    /// 401 once the access token has expired, and leave the refresh token in the browser. On the open route the sign-out removes both
    /// cookies. An expired token that the browser still sends also ends its session; browsers drop the cookie when its token
    /// expires, and without it the session only ends with its idle lifetime.
    ///
    /// Use `POST` for the sign-out route. A link on another site can send a `GET` with the user's cookie, and the CSRF check does
    /// not apply to safe methods.
    ///
    /// # Errors
    ///
    /// [`LogoutError::CrossSite`] (403) if a page of another site may have sent the browser's cookie. No session has ended.
    /// [`LogoutError::Store`] (503) if the store fails, or the backend has no store. The tokens may still be valid.
    /// [`LogoutError::Unchecked`] (503) if the keys of a token's issuer could not be fetched. The error is already logged.
    #[doc(alias = "sign_out")]
    #[doc(alias = "revoke")]
    pub async fn logout(&self) -> Result<Logout, LogoutError> {
        self.end_presented().await.inspect_err(|error| error.log(self.request.info.facts()))
    }

    async fn end_presented(&self) -> Result<Logout, LogoutError> {
        let RequestAuth { in_header, in_cookies, .. } = &*self.request;
        let stages = &self.backend.stages;
        let rejection = |reason| Rejection::new(reason, Some(&stages.presentation));
        let may_change_cookies = self.request.may_change_cookies();
        let changes_cookies = may_change_cookies.is_ok();
        if let Err(reason) = may_change_cookies
            && in_header.is_none()
        {
            return Err(LogoutError::CrossSite(rejection(reason)));
        }
        let mut tokens = Vec::new();
        for presented in in_header.iter().chain(in_cookies.iter().filter(|_| changes_cookies)) {
            tokens.extend(presented.token(stages).await.map_err(|reason| LogoutError::Unchecked(rejection(reason)))?);
        }
        stages.end(&tokens, Some(&self.request.info)).await?;
        if !changes_cookies {
            return Ok(Logout::removing(Vec::new()));
        }
        let cookies = &stages.authenticator.sources.cookies;
        let others = self.request.remove_other_cookies(cookies);
        Ok(Logout::removing(cookies.remove().into_iter().chain(others).collect()))
    }
}

impl<A: AuthBackend> AuthSession<A> {
    /// Starts a sign-in of `user`. Awaiting the [`LoginBuilder`] signs the user in.
    ///
    /// A sign-in that sets a cookie ends the session of the cookie that it replaces, in the same step of the store, unless
    /// [`keep_session`](LoginBuilder::keep_session) says otherwise. If the browser has sent a cookie of that name, the answer also
    /// removes the cookies of the name that the browser may hold with another path or domain.
    ///
    /// A [`revoke_user`](Backend::revoke_user) that returns between the start of this request and the sign-in makes the sign-in
    /// fail. Only the current request is protected like this: if you check a password in one request and a code in the next,
    /// carry a version of the password along and compare it before you sign in.
    #[doc(alias = "sign_in")]
    pub fn login(&self, user: &A::User) -> LoginBuilder<A> {
        let purpose = SignIn::by(Arc::clone(&self.request));
        LoginBuilder::new(self.backend.clone(), user, purpose)
    }

    /// Signs a user out everywhere, as [`Backend::revoke_user`] does, but this request can sign the same user in again
    /// afterwards. Use it when a user changes the password:
    ///
    /// ```
    /// # use jwt_auth::{auth_backend, AuthSession, JwtUser, Login, LoginError};
    /// # #[derive(Clone, JwtUser)] struct User { #[jwt_user(id)] id: u64 }
    /// # #[auth_backend(kind = "oauth2", user = User, token_url = "/token")] struct Auth;
    /// async fn change_password(session: AuthSession<Auth>, user: User) -> Result<Login, LoginError> {
    ///     // Before this, check the old password and store the new one.
    ///     session.logout_everywhere(&user.id).await?;
    ///     session.login(&user).await
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// The same as [`Backend::revoke_user`].
    #[doc(alias = "change_password")]
    #[doc(alias = "sign_out_everywhere")]
    pub async fn logout_everywhere(&self, id: &<A::User as JwtUser>::Id) -> Result<(), StoreError> {
        let subject = id.to_subject();
        let before = self.backend.end_all(&subject, Some(&self.request.info)).await?;
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

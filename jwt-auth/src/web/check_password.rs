//! Checks a password for a sign-in handler of the application.

use axum::extract::MatchedPath;
use http::request::Parts;

use crate::backend::Backend;
use crate::hooks::AuthBackend;
use crate::passwords::check::PresentedPassword;
use crate::passwords::error::PasswordError;
use crate::peer::proxies::Proxies;
use crate::request_info::{ClientOf, RequestFacts, RequestInfo};
use crate::session::auth_session::AuthSession;
use crate::web::request_state::RequestState;

impl<A: AuthBackend> Backend<A> {
    /// Checks a user name and a password as the token endpoint does: it calls the function named by `authenticate`, within the
    /// limits of [`throttle`](crate::Builder::throttle) and [`sign_ins_at_once`](crate::Builder::sign_ins_at_once). It works for
    /// every kind of backend. A sign-in handler calls [`AuthSession::check_password`] instead; this function is for code that has
    /// no `AuthSession`.
    ///
    /// `None` means that the name or the password is wrong, or that the user is [`NotAllowed`](crate::NotAllowed). Give the same
    /// answer in all these cases. A name or password of more than 1024 bytes is always wrong: it is neither checked nor counted.
    ///
    /// # Errors
    ///
    /// [`PasswordError`] says why the password was not checked. The error, like a wrong password, is already logged and reported
    /// to [`on_event`](crate::Builder::on_event). `?` converts it into a [`GrantError`](crate::GrantError).
    #[doc(alias = "authenticate")]
    #[doc(alias = "verify_password")]
    pub async fn check_password(
        &self,
        username: &str,
        password: &str,
        request: &Parts,
    ) -> Result<Option<A::User>, PasswordError> {
        let info = request_info(request, &self.stages.proxies);
        let presented = PresentedPassword { username, password, address: info.client, request };
        self.stages.check_password(presented, &info).await
    }
}

impl<A: AuthBackend> AuthSession<A> {
    /// Checks the user name and the password that this request brings, by the function named by `authenticate`, within the limits
    /// of [`throttle`](crate::Builder::throttle) and [`sign_ins_at_once`](crate::Builder::sign_ins_at_once). Wrong passwords here
    /// and at the token endpoint count together.
    ///
    /// ```
    /// # use jwt_auth::{auth_backend, AuthSession, GrantError, JwtUser, Login, Parts, PasswordForm};
    /// # #[derive(Clone, JwtUser)] struct User { #[jwt_user(id)] id: u64 }
    /// # fn check(_: &Auth, _: &str, _: &str, _: &Parts) -> Option<User> { None }
    /// #[auth_backend(kind = "cookie", user = User, authenticate = check, exclude = ["POST /sign-in"])]
    /// struct Auth;
    ///
    /// async fn sign_in(session: AuthSession<Auth>, form: PasswordForm) -> Result<Login, GrantError> {
    ///     let user = session.check_password(&form.username, &form.password).await?;
    ///     let user = user.ok_or(GrantError::InvalidGrant)?;
    ///     Ok(session.login(&user).await?)
    /// }
    /// ```
    ///
    /// `None` means that the name or the password is wrong, or that the user is [`NotAllowed`](crate::NotAllowed). Give the same
    /// answer in all these cases.
    ///
    /// # Errors
    ///
    /// The same as [`Backend::check_password`].
    #[doc(alias = "authenticate")]
    #[doc(alias = "verify_password")]
    pub async fn check_password(&self, username: &str, password: &str) -> Result<Option<A::User>, PasswordError> {
        match self.request().head.as_deref() {
            Some(head) => self.backend().check_password(username, password, head).await,
            // The extractor keeps the head if there is a function to call.
            None => {
                let no_head = http::Request::new(()).into_parts().0;
                self.backend().check_password(username, password, &no_head).await
            }
        }
    }
}

/// What the log says about a request. The address of its client is known behind a guard only.
pub(crate) fn request_facts(parts: &Parts) -> RequestFacts<'_> {
    let proxies = parts.extensions.get::<RequestState>().map(RequestState::proxies);
    let client = proxies.map_or(ClientOf::Known(None), |proxies| ClientOf::Request(parts, proxies));
    RequestFacts { method: &parts.method, route: matched(parts), client }
}

/// What the log says about a request whose route is known already.
pub(crate) fn facts_with_route<'r>(parts: &'r Parts, route: Option<&'r str>, proxies: &'r Proxies) -> RequestFacts<'r> {
    RequestFacts { method: &parts.method, route, client: ClientOf::Request(parts, proxies) }
}

/// What the events say about a request.
pub(crate) fn request_info(parts: &Parts, proxies: &Proxies) -> RequestInfo {
    facts_with_route(parts, matched(parts), proxies).to_info()
}

fn matched(parts: &Parts) -> Option<&str> {
    parts.extensions.get::<MatchedPath>().map(MatchedPath::as_str)
}

//! Checks a password for a sign-in handler of the application.

use std::net::IpAddr;
use std::net::SocketAddr;

use axum::extract::ConnectInfo;
use axum::extract::MatchedPath;
use http::request::Parts;

use crate::backend::Backend;
use crate::hooks::AuthBackend;
use crate::passwords::check::PresentedPassword;
use crate::passwords::error::PasswordError;
use crate::request_info::{ClientOf, RequestFacts, RequestInfo};

impl<A: AuthBackend> Backend<A> {
    /// Checks a user name and a password as the token endpoint does: it calls the function named by `authenticate`, within the
    /// limits of [`throttle`](crate::Builder::throttle) and [`sign_ins_at_once`](crate::Builder::sign_ins_at_once). Use it in your
    /// own sign-in handlers:
    ///
    /// ```
    /// # use jwt_auth::{auth_backend, AuthSession, GrantError, JwtUser, Login, Parts, PasswordForm};
    /// # #[derive(Clone, JwtUser)] struct User { #[jwt_user(id)] id: u64 }
    /// # #[auth_backend(kind = "oauth2", user = User, token_url = "/token", authenticate = check)] struct Auth;
    /// # fn check(_: &Auth, _: &str, _: &str, _: &Parts) -> Option<User> { None }
    /// async fn sign_in(session: AuthSession<Auth>, request: Parts, form: PasswordForm) -> Result<Login, GrantError> {
    ///     let user = session.backend().check_password(&form.username, &form.password, &request).await?;
    ///     let user = user.ok_or(GrantError::InvalidGrant)?;
    ///     Ok(session.login(&user).await?)
    /// }
    /// ```
    ///
    /// `None` means that the name or the password is wrong, or that the user is [`NotAllowed`](crate::NotAllowed). Give the same
    /// answer in all these cases. A name or password of more than 1024 bytes is always wrong: it is neither checked nor counted.
    ///
    /// # Errors
    ///
    /// [`PasswordError`] says why the password was not checked. The error, like a wrong password, is already logged and told to
    /// [`on_event`](crate::Builder::on_event). `?` converts it into a [`GrantError`](crate::GrantError).
    #[doc(alias = "authenticate")]
    #[doc(alias = "verify_password")]
    pub async fn check_password(
        &self,
        username: &str,
        password: &str,
        request: &Parts,
    ) -> Result<Option<A::User>, PasswordError> {
        let presented = PresentedPassword { username, password, address: client_address(request), request };
        self.stages.check_password(presented, &request_info(request)).await
    }
}

/// The address of the peer, if the service was made with `into_make_service_with_connect_info`.
pub(crate) fn client_address(request: &Parts) -> Option<IpAddr> {
    request.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip())
}

/// What the log says about a request.
pub(crate) fn request_facts(parts: &Parts) -> RequestFacts<'_> {
    facts_with_route(parts, parts.extensions.get::<MatchedPath>().map(MatchedPath::as_str))
}

/// What the log says about a request whose route is known already.
pub(crate) fn facts_with_route<'r>(parts: &'r Parts, route: Option<&'r str>) -> RequestFacts<'r> {
    RequestFacts { method: &parts.method, route, client: ClientOf::Request(parts, client_address) }
}

/// What the events say about a request.
pub(crate) fn request_info(parts: &Parts) -> RequestInfo {
    request_facts(parts).to_info()
}

//! Checks a password for a sign-in handler of the application.

use http::request::Parts;

use crate::backend::Backend;
use crate::hooks::AuthBackend;
use crate::passwords::check::PresentedPassword;
use crate::passwords::error::PasswordError;
use crate::session::auth_session::AuthSession;

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
    /// [`PasswordError`] says why the password was not checked. The error is already logged, unless a
    /// [`Throttle`](crate::passwords::Throttle) of your own does not log what it refuses. `?` converts it into a
    /// [`GrantError`](crate::GrantError).
    #[doc(alias = "authenticate")]
    #[doc(alias = "verify_password")]
    pub async fn check_password(
        &self,
        username: &str,
        password: &str,
        request: &Parts,
    ) -> Result<Option<A::User>, PasswordError> {
        let presented = PresentedPassword { username, password, address: self.stages.proxies.client(request), request };
        let authenticator = &self.stages.authenticator;
        self.stages.passwords.check(&authenticator.hooks, presented, authenticator.now()).await
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

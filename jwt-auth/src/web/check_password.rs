//! Checks a password for a sign-in handler of the application.

use http::request::Parts;

use crate::backend::Backend;
use crate::hooks::AuthBackend;
use crate::passwords::check::PresentedPassword;
use crate::passwords::error::PasswordError;
use crate::web::client_address::client_address;

impl<A: AuthBackend> Backend<A> {
    /// Whether a user name and a password are right, as the token endpoint finds out: within the limits of the
    /// [`throttle`](crate::Builder::throttle), not too many at once
    /// ([`sign_ins_at_once`](crate::Builder::sign_ins_at_once)), and by the function named by `authenticate`. For sign-in
    /// handlers of your own:
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
    /// `None` says that the name or the password is wrong, or that the user is [`NotAllowed`](crate::NotAllowed): answer all of them alike.
    /// A name or a password of more than 1024 bytes is wrong, without being looked at or counted.
    ///
    /// # Errors
    ///
    /// [`PasswordError`] says why the password was not checked. It is logged already, and `?` makes a
    /// [`GrantError`](crate::GrantError) of it.
    pub async fn check_password(
        &self,
        username: &str,
        password: &str,
        request: &Parts,
    ) -> Result<Option<A::User>, PasswordError> {
        let presented = PresentedPassword { username, password, address: client_address(request), request };
        let authenticator = &self.stages.authenticator;
        self.stages.passwords.check(&authenticator.hooks, presented, authenticator.now()).await
    }
}

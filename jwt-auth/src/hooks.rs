//! The trait through which the library calls the functions that the application supplies.

use http::request::Parts;

use crate::declaration::spec::Spec;
use crate::jose::token::Token;
use crate::user::JwtUser;
use crate::user::lookup::Answer;

/// Only the macro implements [`AuthBackend`].
pub trait Sealed {}

/// A config struct with `#[auth_backend]`. Only the macro can implement this trait; use it as a bound:
/// `fn app<A: AuthBackend<User = User>>(auth: &Backend<A>)`.
#[doc(alias("OAuth2PasswordBearerAuth", "JWTAuth", "JWTCookieAuth", "BaseJWTAuth", "exclude"))]
pub trait AuthBackend: Sealed + Sized + Send + Sync + 'static {
    /// `user = ...`.
    type User: JwtUser;

    /// The constants of the declaration.
    #[doc(hidden)]
    const SPEC: Spec;

    /// Calls the function named by `retrieve_user`, or rebuilds the user from the token.
    #[doc(hidden)]
    fn retrieve_user<'a>(&'a self, token: &'a Token, request: &'a Parts) -> impl Answer<Option<Self::User>>;

    /// Calls the function named by `revoked`. If none is named, no token is revoked.
    #[doc(hidden)]
    fn revoked<'a>(&'a self, token: &'a Token) -> impl Answer<bool> {
        let _ = token;
        std::future::ready(Ok(false))
    }

    /// Calls the function named by `authenticate`. If none is named, nobody is let in.
    #[doc(hidden)]
    fn check_password<'a>(
        &'a self,
        username: &'a str,
        password: &'a str,
        request: &'a Parts,
    ) -> impl Answer<Option<Self::User>> {
        let _ = (username, password, request);
        std::future::ready(Ok(None))
    }

    /// Calls the function named by `scope_allowed`. If none is named, every declared scope is allowed.
    #[doc(hidden)]
    fn allows_scope(&self, user: &Self::User, scope: &str) -> bool {
        let _ = (user, scope);
        true
    }
}

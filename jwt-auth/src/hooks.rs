//! The functions that the application supplies, and the trait that leads to them.

use http::request::Parts;

use crate::declaration::spec::Spec;
use crate::jose::token::Token;
use crate::user::JwtUser;
use crate::user::lookup::Answer;

/// Only the macro implements [`AuthBackend`].
pub trait Sealed {}

/// What `#[auth_backend]` implements for a config struct. Only the macro can implement it; use it as a bound:
/// `fn app<A: AuthBackend<User = User>>(auth: &Backend<A>)`.
pub trait AuthBackend: Sealed + Sized + Send + Sync + 'static {
    /// `user = ...`.
    type User: JwtUser;

    /// The constants of the declaration.
    #[doc(hidden)]
    const SPEC: Spec;

    /// Calls the function named by `retrieve_user`, or rebuilds the user from the token.
    #[doc(hidden)]
    fn retrieve_user<'a>(&'a self, token: &'a Token, request: &'a Parts) -> impl Answer<Option<Self::User>>;

    /// Calls the function named by `revoked`. No token is revoked where none is named.
    #[doc(hidden)]
    fn revoked<'a>(&'a self, token: &'a Token) -> impl Answer<bool> {
        let _ = token;
        std::future::ready(Ok(false))
    }

    /// Calls the function named by `authenticate`. Nobody is let in where none is named.
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

    /// Calls the function named by `scope_allowed`. Every declared scope is allowed where none is named.
    #[doc(hidden)]
    fn allows_scope(&self, user: &Self::User, scope: &str) -> bool {
        let _ = (user, scope);
        true
    }
}

//! The functions that the application supplies, and the trait that leads to them.

use http::request::Parts;

use crate::declaration::spec::Spec;
use crate::jose::token::Token;
use crate::user::JwtUser;
use crate::user::lookup::Answer;

/// What `#[auth_backend]` implements for a config struct. Not meant to be implemented by hand: [`Spec`] can only be
/// made by the macro.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a backend",
    label = "this type does not implement `AuthBackend`",
    note = "name the struct with `#[auth_backend]`, such as `Auth` in `AuthSession<Auth>` and `Backend<Auth>`, and not the user"
)]
pub trait AuthBackend: Sized + Send + Sync + 'static {
    /// `user = ...`.
    type User: JwtUser;

    /// The constants of the declaration.
    const SPEC: Spec;

    /// Calls the function named by `retrieve_user`, or rebuilds the user from the token.
    fn retrieve_user<'a>(&'a self, token: &'a Token, request: &'a Parts) -> impl Answer<Option<Self::User>>;

    /// Calls the function named by `revoked`. No token is revoked where none is named.
    fn revoked<'a>(&'a self, token: &'a Token) -> impl Answer<bool> {
        let _ = token;
        std::future::ready(Ok(false))
    }

    /// Calls the function named by `authenticate`. Nobody is let in where none is named.
    fn authenticate<'a>(
        &'a self,
        username: &'a str,
        password: &'a str,
        request: &'a Parts,
    ) -> impl Answer<Option<Self::User>> {
        let _ = (username, password, request);
        std::future::ready(Ok(None))
    }

    /// Calls the function named by `scope_allowed`. Every declared scope is allowed where none is named.
    fn allows_scope(&self, user: &Self::User, scope: &str) -> bool {
        let _ = (user, scope);
        true
    }
}

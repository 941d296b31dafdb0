//! The items that generated code names. They are exempt from semver, so `jwt-auth` pins the macro crate to its own version.

pub use axum::extract::{FromRequestParts, OptionalFromRequestParts};
pub use http::request::Parts;

use crate::cause::BoxError;
pub use crate::declaration::scope::ScopeSpec;
pub use crate::declaration::spec::{CookieSpec, SameSite};
use crate::hooks::AuthBackend;
pub use crate::hooks::Sealed;
use crate::jose::error::ClaimError;
use crate::jose::token::Token;
#[cfg(feature = "openapi")]
pub use crate::openapi::private::*;
use crate::user::JwtUser;
use crate::user::lookup::Answer;
pub use crate::user::lookup::Returns;
use crate::user::{ClaimWriter, StatelessUser, UserId};
pub use crate::web::extract::{optional_user, user};
pub use crate::web::misuse::{HasRequest, IsBuilt, IssuesTokens, TakesProtectedRoutes};

/// The user id in the `sub` claim.
///
/// # Errors
///
/// [`ClaimError`] if the subject cannot be parsed as an id.
pub fn id<U: JwtUser>(token: &Token) -> Result<U::Id, ClaimError> {
    U::Id::from_subject(token.subject()).ok_or_else(|| ClaimError::new("sub".into()))
}

/// Calls the function named by `retrieve_user`. If its arguments do not fit, the compiler shows the expected signature. If its
/// return type does not fit, the compiler shows the message of [`Returns`].
pub fn find<'a, A: AuthBackend, R, Way>(
    find: impl FnOnce(&'a A, &'a Token, &'a Parts) -> R,
    backend: &'a A,
    token: &'a Token,
    request: &'a Parts,
) -> impl Answer<Option<A::User>>
where
    R: Returns<Option<A::User>, Way>,
{
    find(backend, token, request).answer()
}

/// Calls the function named by `authenticate`.
pub fn check_password<'a, A: AuthBackend, R, Way>(
    check: impl FnOnce(&'a A, &'a str, &'a str, &'a Parts) -> R,
    backend: &'a A,
    username: &'a str,
    password: &'a str,
    request: &'a Parts,
) -> impl Answer<Option<A::User>>
where
    R: Returns<Option<A::User>, Way>,
{
    check(backend, username, password, request).answer()
}

/// Calls the function named by `scope_allowed`.
pub fn is_scope_allowed<'a, A: AuthBackend, R: ScopeAnswer>(
    is_allowed: impl FnOnce(&'a A, &'a A::User, &'a str) -> R,
    backend: &'a A,
    user: &'a A::User,
    scope: &'a str,
) -> bool {
    is_allowed(backend, user, scope).allows()
}

/// The return type of the function named by `scope_allowed`.
#[diagnostic::on_unimplemented(
    message = "`scope_allowed` cannot return `{Self}`",
    label = "expected a function that returns `bool` and is not `async`",
    note = "if it needs something from a database, load that into the user in `authenticate` and `retrieve_user`"
)]
pub trait ScopeAnswer {
    /// Whether the scope can be granted.
    fn allows(self) -> bool;
}

impl ScopeAnswer for bool {
    fn allows(self) -> bool {
        self
    }
}

/// Calls the function named by `revoked`.
pub fn is_revoked<'a, A: AuthBackend, R, Way>(
    is_revoked: impl FnOnce(&'a A, &'a Token) -> R,
    backend: &'a A,
    token: &'a Token,
) -> impl Answer<bool>
where
    R: Returns<bool, Way>,
{
    is_revoked(backend, token).answer()
}

/// Rebuilds the user from the token, for a declaration without `retrieve_user`.
pub fn stateless_user<U: StatelessUser>(token: &Token) -> std::future::Ready<Result<Option<U>, BoxError>> {
    std::future::ready(U::from_token(token).map(Some).map_err(Into::into))
}

// A declaration with a mistake expands to these items, so that its mistake is the only error that the compiler reports.

/// The user type of a declaration that names none.
#[derive(Clone, Debug)]
pub struct NoUser;

/// The id type of a user type that has none.
#[derive(Clone, Debug)]
pub struct NoId;

impl std::fmt::Display for NoId {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Err(std::fmt::Error)
    }
}

impl std::str::FromStr for NoId {
    type Err = std::fmt::Error;

    fn from_str(_: &str) -> Result<Self, std::fmt::Error> {
        Err(std::fmt::Error)
    }
}

impl JwtUser for NoUser {
    type Id = NoId;

    fn id(&self) -> &NoId {
        &NoId
    }

    fn write_claims(&self, _: &mut ClaimWriter<'_>) {}
}

/// Stands in for reading the user from a token: there is never a user.
///
/// # Errors
///
/// Always.
pub fn no_user<U>(_: &Token) -> Result<U, ClaimError> {
    Err(ClaimError::new("sub".into()))
}

/// Stands in for `retrieve_user`: there is never a user.
pub fn no_lookup<U: Send>() -> impl Answer<Option<U>> {
    std::future::ready(Ok(None))
}

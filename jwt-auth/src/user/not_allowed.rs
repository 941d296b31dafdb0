//! The error for a user who exists but is not let in.

use std::borrow::Cow;
use std::fmt;

/// The error for a user who exists but is not let in. If `retrieve_user` returns it, the request is answered 403
/// instead of 401. If `authenticate` returns it, the answer is the same as for a wrong password, so that callers do not
/// learn which users exist.
///
/// ```
/// # use jwt_auth::{auth_backend, JwtUser, NotAllowed, Parts, Token, rejection::BoxError};
/// # #[derive(Clone, JwtUser)] struct User { #[jwt_user(id)] id: u64, is_banned: bool }
/// # #[auth_backend(kind = "bearer", user = User, retrieve_user = find_user)] struct Auth;
/// # impl Auth { fn by_id(&self, _: &str) -> Option<User> { None } }
/// fn find_user(auth: &Auth, token: &Token, _: &Parts) -> Result<Option<User>, BoxError> {
///     match auth.by_id(token.subject()) {
///         Some(user) if user.is_banned => Err(NotAllowed::because("banned").into()),
///         found => Ok(found),
///     }
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[doc(alias("blocked", "banned", "inactive"))]
pub struct NotAllowed {
    reason: Cow<'static, str>,
}

impl NotAllowed {
    /// Refuses the user. The reason is logged, and the caller does not see it.
    pub fn because(reason: impl Into<Cow<'static, str>>) -> Self {
        Self { reason: reason.into() }
    }
}

impl fmt::Display for NotAllowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the user is not allowed in: {}", self.reason)
    }
}

impl std::error::Error for NotAllowed {}

//! What the application's functions may return, and how they are called.

use std::borrow::Cow;
use std::fmt;
use std::future::Future;
use std::future::ready;

use crate::cause::BoxError;

/// The future of a call to one of the application's functions. It returns a `T` or an error.
pub trait Answer<T>: Future<Output = Result<T, BoxError>> + Send {}

impl<T, F: Future<Output = Result<T, BoxError>> + Send> Answer<T> for F {}

/// The return types that a function named in a declaration may have: `T`, a `Result` with a `T`, or a future of either.
/// `Way` tells them apart and is always inferred.
#[diagnostic::on_unimplemented(
    message = "this function cannot return `{Self}`",
    label = "expected `{T}` or a `Result` with it; the function can be `async`",
    note = "the error of a `Result` can be any type that `?` converts to `Box<dyn Error + Send + Sync>`",
    note = "if an `async` function returns the right type, its future is not `Send`: it keeps a value such as an `Rc` or the guard of a `Mutex` across an `.await`"
)]
pub trait Returns<T, Way>: Sized {
    /// The value, or the error as a [`BoxError`].
    #[doc(hidden)]
    fn answer(self) -> impl Answer<T>;
}

/// The function returns the value itself.
#[derive(Debug)]
pub enum ReturnsValue {}
/// The function returns a `Result`.
#[derive(Debug)]
pub enum ReturnsResult {}
/// The function returns a future of a value or of a `Result`.
#[derive(Debug)]
pub struct ReturnsFuture<Way>(std::marker::PhantomData<Way>);

#[diagnostic::do_not_recommend]
impl<T: Send> Returns<T, ReturnsValue> for T {
    fn answer(self) -> impl Answer<T> {
        ready(Ok(self))
    }
}

#[diagnostic::do_not_recommend]
impl<T: Send, E: Into<BoxError>> Returns<T, ReturnsResult> for Result<T, E> {
    fn answer(self) -> impl Answer<T> {
        ready(self.map_err(Into::into))
    }
}

#[diagnostic::do_not_recommend]
impl<T: Send, Way, F: Future<Output: Returns<T, Way>> + Send> Returns<T, ReturnsFuture<Way>> for F {
    async fn answer(self) -> Result<T, BoxError> {
        self.await.answer().await
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn sync_and_async_functions_with_and_without_result_can_be_called() {
        fn sync_option(found: &str) -> Option<&str> {
            Some(found)
        }
        fn sync_result(found: &str) -> Result<Option<&str>, String> {
            Err(found.to_owned())
        }
        async fn async_option(found: &str) -> Option<&str> {
            Some(found)
        }
        async fn async_result(found: &str) -> Result<Option<&str>, std::fmt::Error> {
            let _ = found;
            Err(std::fmt::Error)
        }
        let name = String::from("x");
        assert_eq!(Returns::<Option<&str>, _>::answer(sync_option(&name)).await.unwrap(), Some("x"));
        assert_eq!(Returns::<Option<&str>, _>::answer(sync_result(&name)).await.unwrap_err().to_string(), "x");
        assert_eq!(Returns::<Option<&str>, _>::answer(async_option(&name)).await.unwrap(), Some("x"));
        assert!(Returns::<Option<&str>, _>::answer(async_result(&name)).await.is_err());
        assert!(Returns::<bool, _>::answer(true).await.unwrap());
        assert!(!Returns::<bool, _>::answer(async { Ok::<_, String>(false) }).await.unwrap());
    }
}

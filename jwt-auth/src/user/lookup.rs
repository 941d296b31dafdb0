//! One way to call the user's functions, whether they are sync or async and whether they can fail.
//!
//! `Probe(call()).resolve().await` compiles for each of them: where the value is an [`Outcome`], the inherent method
//! is found first; where it is a future of one, only the method of [`ProbeFuture`] fits.

use std::future::{Future, Ready, ready};

/// Any error of the user's own.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A call of one of the user's functions, on its way to `T`.
pub trait Answer<T>: Future<Output = Result<T, BoxError>> + Send {}

impl<T, F: Future<Output = Result<T, BoxError>> + Send> Answer<T> for F {}

/// What a function named by `retrieve_user` or `revoked` may return: the plain value, or a `Result` of it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not what this function may return",
    label = "expected `Option<User>` or `bool`, or a `Result` of it",
    note = "`retrieve_user` returns `Option<User>` or `Result<Option<User>, E>`, `revoked` returns `bool` or `Result<bool, E>`; both may be `async`"
)]
pub trait Outcome {
    /// What it says when it does not fail.
    type Value;

    /// The value, or the error as any error.
    ///
    /// # Errors
    ///
    /// The function's own.
    fn into_result(self) -> Result<Self::Value, BoxError>;
}

impl<U> Outcome for Option<U> {
    type Value = Self;

    fn into_result(self) -> Result<Self, BoxError> {
        Ok(self)
    }
}

impl Outcome for bool {
    type Value = Self;

    fn into_result(self) -> Result<Self, BoxError> {
        Ok(self)
    }
}

impl<T: Outcome<Value = T>, E: Into<BoxError>> Outcome for Result<T, E> {
    type Value = T;

    fn into_result(self) -> Result<T, BoxError> {
        self.map_err(Into::into)
    }
}

/// Wraps what a function of the user's returned.
#[derive(Debug)]
pub struct Probe<T>(pub T);

impl<T: Outcome> Probe<T> {
    /// For a function that is not `async`.
    pub fn resolve(self) -> Ready<Result<T::Value, BoxError>> {
        ready(self.0.into_result())
    }
}

/// For a function that is `async`.
pub trait ProbeFuture<F: Future> {
    /// Awaits the function.
    fn resolve(self) -> impl Future<Output = Result<<F::Output as Outcome>::Value, BoxError>> + Send
    where
        F: Send,
        F::Output: Outcome;
}

impl<F: Future> ProbeFuture<F> for Probe<F> {
    async fn resolve(self) -> Result<<F::Output as Outcome>::Value, BoxError>
    where
        F: Send,
        F::Output: Outcome,
    {
        self.0.await.into_result()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn all_four_forms_of_a_function_resolve() {
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
        assert_eq!(Probe(sync_option(&name)).resolve().await.unwrap(), Some("x"));
        assert_eq!(Probe(sync_result(&name)).resolve().await.unwrap_err().to_string(), "x");
        assert_eq!(Probe(async_option(&name)).resolve().await.unwrap(), Some("x"));
        assert!(Probe(async_result(&name)).resolve().await.is_err());
        assert!(Probe(true).resolve().await.unwrap());
        assert!(!Probe(async { Ok::<_, String>(false) }).resolve().await.unwrap());
    }
}

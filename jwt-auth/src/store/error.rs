//! Why a store cannot answer.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use crate::cause::{BoxError, Cause};
use crate::clock::ClockError;

/// The future that each method of a [`Store`](crate::store::Store) returns.
pub type StoreFuture<'s, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 's>>;

/// Why a store cannot answer. A handler that returns it answers 503 with `Retry-After` and a problem document (RFC 9457).
///
/// Two errors are equal if their texts are equal and the texts of their sources are equal.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoreError {
    text: String,
    source: Option<Cause>,
}

impl StoreError {
    /// An error with this text. It is logged, so it must hold no secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), source: None }
    }

    /// Wraps an error of the database or its client: it becomes the [`source`](std::error::Error::source), and its text
    /// is shown and logged, so it must hold no secret.
    pub fn caused_by(error: impl Into<BoxError>) -> Self {
        let source = Cause::new(error);
        Self { text: source.to_string(), source: Some(source) }
    }

    /// An error with this text, whose source is another error of the store.
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    pub(crate) fn because(text: impl Into<String>, error: Self) -> Self {
        Self { text: text.into(), source: Some(Cause::new(error)) }
    }
}

/// Without the time, the library cannot tell what has expired.
impl From<ClockError> for StoreError {
    fn from(ClockError: ClockError) -> Self {
        Self::new("the clock shows an impossible time")
    }
}

#[cfg(any(feature = "sqlite", feature = "postgres"))]
impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        Self::caused_by(error)
    }
}

#[cfg(feature = "redis")]
impl From<redis::RedisError> for StoreError {
    fn from(error: redis::RedisError) -> Self {
        Self::caused_by(error)
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(Cause::as_error)
    }
}

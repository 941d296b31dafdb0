//! The trait through which keys are fetched, so that an application can use any HTTP client.

use std::future::Future;
use std::pin::Pin;

use crate::cause::BoxError;

/// The future that [`Fetch::get`] returns.
pub type FetchFuture<'f> = Pin<Box<dyn Future<Output = Result<Fetched, BoxError>> + Send + 'f>>;

/// An HTTP client that fetches a document.
pub trait Fetch: Send + Sync + 'static {
    /// Gets `url`. It must not follow redirects, and must fail as soon as the body is longer than `max_bytes`. It needs
    /// no timeout of its own: a fetch that takes too long is dropped.
    fn get<'f>(&'f self, url: &'f str, max_bytes: usize) -> FetchFuture<'f>;
}

/// An HTTP response with any status.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// The status code.
    pub status: u16,
    /// The value of the `Cache-Control` header, if there is one.
    pub cache_control: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

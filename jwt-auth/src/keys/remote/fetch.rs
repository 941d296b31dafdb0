//! What fetches, behind a trait, so that any HTTP client can.

use std::future::Future;
use std::pin::Pin;

use crate::cause::BoxError;

/// The answer of a [`Fetch`].
pub type FetchFuture<'f> = Pin<Box<dyn Future<Output = Result<Fetched, BoxError>> + Send + 'f>>;

/// A client that gets one document over HTTP.
pub trait Fetch: Send + Sync + 'static {
    /// Gets `url`. It follows no redirect, and it gives up on a body of more than `max_bytes` without reading the rest. It
    /// need not keep a time: a fetch that takes too long is dropped.
    fn get<'f>(&'f self, url: &'f str, max_bytes: usize) -> FetchFuture<'f>;
}

/// An answer over HTTP, whatever its status.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// The status code.
    pub status: u16,
    /// The value of `Cache-Control`, where there is one.
    pub cache_control: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

//! The trait through which keys are fetched, so that an application can use any HTTP client.

use std::future::Future;
use std::pin::Pin;

use crate::cause::BoxError;
use crate::jose::key_error::KeyError;

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

/// [`reqwest`](https://docs.rs/reqwest) without redirects.
#[derive(Clone, Debug)]
pub struct ReqwestClient(reqwest::Client);

impl ReqwestClient {
    /// A client that trusts the certificates of the operating system.
    ///
    /// # Errors
    ///
    /// [`KeyError::Fetch`] if TLS cannot be set up.
    pub fn new() -> Result<Self, KeyError> {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build();
        client.map(Self).map_err(|error| KeyError::Fetch(error.to_string()))
    }
}

impl Fetch for ReqwestClient {
    fn get<'f>(&'f self, url: &'f str, max_bytes: usize) -> FetchFuture<'f> {
        Box::pin(async move {
            let mut response = self.0.get(url).send().await?;
            let cache_control = response.headers().get(http::header::CACHE_CONTROL);
            let cache_control = cache_control.and_then(|value| value.to_str().ok()).map(str::to_owned);
            let status = response.status().as_u16();
            let mut body = Vec::new();
            while let Some(chunk) = response.chunk().await? {
                body.extend_from_slice(&chunk);
                if body.len() > max_bytes {
                    return Err("the body is too long".into());
                }
            }
            Ok(Fetched { status, cache_control, body })
        })
    }
}

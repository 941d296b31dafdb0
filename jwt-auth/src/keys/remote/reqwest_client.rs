//! The HTTP client of the feature `reqwest`.

use crate::jose::key_error::KeyError;
use crate::keys::remote::fetch::{Fetch, FetchFuture, Fetched};

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

//! The trait through which keys are fetched, so that an application can use any HTTP client.

use std::error::Error;
use std::future::Future;
use std::pin::Pin;

use crate::cause::BoxError;
#[cfg(feature = "reqwest")]
use crate::jose::key_error::KeyError;

/// The future that [`Fetch::send`] returns.
pub type FetchFuture<'f> = Pin<Box<dyn Future<Output = Result<http::Response<Vec<u8>>, BoxError>> + Send + 'f>>;

/// An HTTP client.
pub trait Fetch: Send + Sync + 'static {
    /// Sends a request and returns the response, with any status. It must not follow redirects, and must fail as soon as
    /// the body is longer than `max_bytes`. It needs no timeout of its own: a request that takes too long is dropped.
    ///
    /// # Errors
    ///
    /// The error of the HTTP client. Its text and those of its [`source`](Error::source)s are logged.
    fn send<'f>(&'f self, request: http::Request<Vec<u8>>, max_bytes: usize) -> FetchFuture<'f>;
}

/// The text of an error with those of its causes. The outermost text of an HTTP client seldom says more than that the request
/// failed.
pub(crate) fn with_causes(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let more = cause.to_string();
        // Some errors already repeat their cause.
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        source = cause.source();
    }
    text
}

/// [`reqwest`](https://docs.rs/reqwest) without redirects.
#[cfg(feature = "reqwest")]
#[derive(Clone, Debug)]
pub struct ReqwestClient {
    client: reqwest::Client,
    /// Trusted besides those of the operating system.
    certificates: Vec<reqwest::Certificate>,
}

#[cfg(feature = "reqwest")]
impl ReqwestClient {
    /// A client that trusts the certificates of the operating system.
    ///
    /// # Errors
    ///
    /// [`KeyError::Fetch`] if TLS cannot be set up.
    pub fn new() -> Result<Self, KeyError> {
        Self::with_certificates(Vec::new())
    }

    /// Also trusts the servers whose certificates this authority has signed: one or several certificates in PEM, for a
    /// private authority inside a company or a cluster.
    ///
    /// # Errors
    ///
    /// [`KeyError::Fetch`] if the text has no certificate, or one that cannot be read.
    pub fn trust_certificate(self, pem: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        let more = reqwest::Certificate::from_pem_bundle(pem.as_ref())
            .map_err(|error| format!(" ({})", with_causes(&error)))
            .and_then(|more| if more.is_empty() { Err(String::new()) } else { Ok(more) });
        let more = more.map_err(|why| {
            KeyError::Fetch(format!(
                "the certificate to trust is not PEM{why}; give the text between `-----BEGIN CERTIFICATE-----` and `-----END CERTIFICATE-----` with these lines"
            ))
        })?;
        let mut certificates = self.certificates;
        certificates.extend(more);
        Self::with_certificates(certificates)
    }

    fn with_certificates(certificates: Vec<reqwest::Certificate>) -> Result<Self, KeyError> {
        let mut client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        if !certificates.is_empty() {
            client = client.tls_certs_merge(certificates.clone());
        }
        match client.build() {
            Ok(client) => Ok(Self { client, certificates }),
            Err(error) => Err(KeyError::Fetch(with_causes(&error))),
        }
    }
}

#[cfg(feature = "reqwest")]
impl Fetch for ReqwestClient {
    fn send<'f>(&'f self, request: http::Request<Vec<u8>>, max_bytes: usize) -> FetchFuture<'f> {
        Box::pin(async move {
            let mut response = self.client.execute(request.try_into()?).await?;
            let mut answer = http::Response::new(Vec::new());
            *answer.status_mut() = response.status();
            *answer.headers_mut() = std::mem::take(response.headers_mut());
            while let Some(chunk) = response.chunk().await? {
                answer.body_mut().extend_from_slice(&chunk);
                if answer.body().len() > max_bytes {
                    return Err(format!("the body is longer than {max_bytes} bytes").into());
                }
            }
            Ok(answer)
        })
    }
}

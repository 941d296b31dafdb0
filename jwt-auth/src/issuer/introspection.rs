//! The settings for an issuer whose opaque tokens are checked at its introspection endpoint (RFC 7662).

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::keys::remote::fetch::Fetch;
use crate::keys::remote::url::PlainHttp;

/// The introspection endpoint of an issuer (RFC 7662), for tokens that only the issuer can read. Give it to
/// [`Issuer::introspection`](crate::Issuer::introspection).
///
/// The answer's members are the claims of the token. They must pass the same checks as those of a JWT: audience, times, required
/// and forbidden claims. Without `iss` the issuer is the one that was asked. Without `exp` the token lives as long as
/// [`cache_for`](Self::cache_for).
///
/// If the endpoint cannot be reached, or answers with another status than 200 or without JSON, the request gets a 503.
///
/// ```
/// use jwt_auth::{Issuer, issuer::Introspection};
/// let endpoint = Introspection::new("https://id.example.com/introspect", "orders", "the secret of the client");
/// let issuer = Issuer::new("https://id.example.com").introspection(endpoint).audience("https://api.example.com");
/// ```
#[derive(Clone)]
#[must_use = "the endpoint is asked only if it is given to `introspection`"]
#[doc(alias("opaque token", "reference token"))]
pub struct Introspection {
    pub(crate) url: String,
    pub(crate) client_id: String,
    pub(crate) secret: Zeroizing<String>,
    pub(crate) client: Option<Arc<dyn Fetch>>,
    #[cfg(feature = "reqwest")]
    pub(crate) certificates: Vec<Vec<u8>>,
    pub(crate) plain_http: PlainHttp,
    pub(crate) timeout: Duration,
    pub(crate) cache_for: Duration,
    pub(crate) at_once: usize,
    pub(crate) inactive_per_second: u32,
}

impl Introspection {
    /// The endpoint at this `https` URL, and the client as which this service asks. The client proves who it is with HTTP Basic
    /// (RFC 6749 section 2.3.1).
    pub fn new(url: impl Into<String>, client_id: impl Into<String>, client_secret: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            client_id: client_id.into(),
            secret: Zeroizing::new(client_secret.into()),
            client: None,
            #[cfg(feature = "reqwest")]
            certificates: Vec::new(),
            plain_http: PlainHttp::default(),
            timeout: Duration::from_secs(5),
            cache_for: Duration::from_secs(60),
            at_once: 32,
            inactive_per_second: 20,
        }
    }

    /// Uses this HTTP client instead of the one of the feature `reqwest`. It must not follow redirects.
    pub fn client(self, client: impl Fetch) -> Self {
        Self { client: Some(Arc::new(client)), ..self }
    }

    /// How long a call may take, with the time that it waits for its turn. 5 seconds by default.
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// How long an answer "active" is used, in whole seconds, if the token does not expire earlier. 60 seconds by default. For so
    /// long this service accepts a token that the issuer has revoked. With
    /// [`token_cache(0)`](crate::Builder::token_cache) every request asks.
    pub fn cache_for(self, cache_for: Duration) -> Self {
        Self { cache_for, ..self }
    }

    /// The most calls at the same time. 32 by default. Further calls wait for their turn.
    pub fn at_once(self, calls: usize) -> Self {
        Self { at_once: calls, ..self }
    }

    /// How many calls without the answer "active" there may be a second, on average. 20 by default. Strangers can cause no more:
    /// after that, unknown tokens get a 503 with `Retry-After: 1`. Tokens with a known answer are not affected.
    pub fn inactive_per_second(self, calls: u32) -> Self {
        Self { inactive_per_second: calls, ..self }
    }

    /// Also trusts an endpoint whose certificate this authority has signed, in PEM. It cannot be combined with
    /// [`client`](Self::client).
    #[cfg(feature = "reqwest")]
    pub fn root_certificate(mut self, pem: impl AsRef<[u8]>) -> Self {
        self.certificates.push(pem.as_ref().to_owned());
        self
    }

    /// Allows `http` URLs of loopback addresses, for tests.
    pub fn allow_http_on_loopback(mut self) -> Self {
        self.plain_http.on_loopback = true;
        self
    }

    /// Allows `http` URLs of this host, without scheme and port. **Whoever can change the traffic to this host can make any token
    /// valid, and reads the secret of the client.**
    pub fn allow_http_to(mut self, host: impl Into<String>) -> Self {
        self.plain_http.hosts.push(host.into());
        self
    }

    /// The mistake in these settings, if there is one.
    pub(crate) fn check(&self) -> Result<(), String> {
        self.plain_http.check_hosts()?;
        self.plain_http.check(&self.url)?;
        if self.client_id.is_empty() {
            return Err("the client id is empty; write the id that the issuer gave to this service".into());
        }
        if self.at_once == 0 || self.inactive_per_second == 0 || self.timeout.is_zero() {
            return Err("`at_once`, `inactive_per_second` or `timeout` is 0, so no token could be checked".into());
        }
        Ok(())
    }

    #[cfg(feature = "reqwest")]
    pub(crate) fn http_client(&self) -> Result<Arc<dyn Fetch>, String> {
        use crate::keys::remote::fetch::ReqwestClient;
        match &self.client {
            Some(_) if !self.certificates.is_empty() => {
                Err("`root_certificate` does not change your own `client`; let the client trust it".into())
            }
            Some(client) => Ok(Arc::clone(client)),
            None => {
                let client = ReqwestClient::new()
                    .and_then(|client| self.certificates.iter().try_fold(client, ReqwestClient::trust_certificate));
                client.map(|client| Arc::new(client) as Arc<dyn Fetch>).map_err(|error| error.to_string())
            }
        }
    }

    #[cfg(not(feature = "reqwest"))]
    pub(crate) fn http_client(&self) -> Result<Arc<dyn Fetch>, String> {
        self.client.clone().ok_or_else(|| "enable the feature `reqwest` of jwt-auth, or set a `client`".into())
    }
}

/// Does not show the secret.
impl fmt::Debug for Introspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Introspection")
            .field("url", &self.url)
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

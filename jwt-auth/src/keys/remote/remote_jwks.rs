//! The settings for keys that are fetched from an issuer.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::jose::algorithm::Algorithm;
use crate::jose::key_error::KeyError;
use crate::keys::source::RemoteKeys;

use crate::keys::remote::discovery;
use crate::keys::remote::fetch::Fetch;
#[cfg(feature = "reqwest")]
use crate::keys::remote::fetch::ReqwestClient;
use crate::keys::remote::refetch::{Remote, Shared, Source};

/// The keys of an issuer, fetched from the issuer.
///
/// Only requests that arrive before the first fetch has succeeded wait for keys. The keys are fetched again in the background
/// when their `Cache-Control` has expired, or when a token names an unknown key. Two fetches are at least the
/// [`cooldown`](Self::cooldown) apart. If a fetch fails, the old keys stay in use. As long as there are no keys, requests with a
/// token of this issuer get a 503.
///
/// ```no_run
/// # use jwt_auth::{auth_backend, Issuer, JwtUser, RemoteJwks};
/// # #[derive(Clone, JwtUser)] struct User { #[jwt_user(id)] id: String }
/// # #[auth_backend(kind = "bearer", user = User)] struct Auth;
/// let auth = Auth
///     .backend()
///     .verify_only()
///     .trust(Issuer::new("https://id.example.com").keys(RemoteJwks::discover()).audience("https://api.example.com"))
///     .build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias("jwks", "JWKS", "OpenID"))]
#[derive(Clone)]
pub struct RemoteJwks {
    source: Source,
    assumed: Option<Algorithm>,
    client: Option<Arc<dyn Fetch>>,
    cooldown: Duration,
    timeout: Duration,
    max_age: Duration,
    allow_http_on_loopback: bool,
}

impl RemoteJwks {
    /// Fetches the JWK Set at this `https` URL.
    pub fn new(url: impl Into<String>) -> Self {
        Self::of(Source::Url(url.into()))
    }

    /// Fetches the JWK Set that the issuer's configuration names. The configuration is at
    /// `/.well-known/openid-configuration` below the issuer (OpenID Connect Discovery 1.0 section 4), and its `issuer`
    /// must be the issuer that is trusted.
    pub fn discover() -> Self {
        Self::of(Source::Discovery)
    }

    fn of(source: Source) -> Self {
        Self {
            source,
            assumed: None,
            client: None,
            cooldown: Duration::from_secs(30),
            timeout: Duration::from_secs(5),
            max_age: Duration::from_secs(600),
            allow_http_on_loopback: false,
        }
    }

    /// The algorithm of keys without `alg`, for providers that leave it out. Without this setting such keys are
    /// ignored, except P-256 and P-384 keys, since the curve determines their algorithm.
    #[must_use]
    pub fn assume_algorithm(self, algorithm: Algorithm) -> Self {
        Self { assumed: Some(algorithm), ..self }
    }

    /// Uses this HTTP client instead of the one of the feature `reqwest`. It must not follow redirects.
    #[must_use]
    pub fn client(self, client: impl Fetch) -> Self {
        Self { client: Some(Arc::new(client)), ..self }
    }

    /// The least time from the start of one fetch to the start of the next, whether it succeeded or not. 30 seconds by
    /// default.
    #[must_use]
    pub fn cooldown(self, cooldown: Duration) -> Self {
        Self { cooldown, ..self }
    }

    /// How long a fetch may take. 5 seconds by default.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// The time after which the keys are fetched again if the response has no `Cache-Control: max-age`. 10 minutes by default.
    #[must_use]
    pub fn max_age(self, max_age: Duration) -> Self {
        Self { max_age, ..self }
    }

    /// Allows `http` URLs of loopback addresses, for tests. All other URLs must be `https`.
    #[must_use]
    pub fn allow_http_on_loopback(self) -> Self {
        Self { allow_http_on_loopback: true, ..self }
    }

    /// Whether each issuer has its own URL.
    pub(crate) fn depends_on_issuer(&self) -> bool {
        matches!(self.source, Source::Discovery)
    }

    pub(crate) fn into_key_set(self, issuer: &str) -> Result<Arc<dyn RemoteKeys>, KeyError> {
        let start = match &self.source {
            Source::Url(url) => url.clone(),
            Source::Discovery => discovery::configuration_url(issuer),
        };
        if !discovery::is_allowed(&start, self.allow_http_on_loopback) {
            return Err(KeyError::Fetch("the URL of the keys is not `https`".into()));
        }
        #[cfg(feature = "reqwest")]
        let client = match self.client {
            Some(client) => client,
            None => Arc::new(ReqwestClient::new()?),
        };
        #[cfg(not(feature = "reqwest"))]
        let client = self
            .client
            .ok_or_else(|| KeyError::Fetch("enable the feature `reqwest` of jwt-auth, or set a `client`".into()))?;
        Ok(Arc::new(Shared::new(Remote {
            issuer: issuer.to_owned(),
            source: self.source,
            assumed: self.assumed,
            client,
            cooldown: self.cooldown,
            timeout: self.timeout,
            max_age: self.max_age,
            allow_http_on_loopback: self.allow_http_on_loopback,
        })))
    }
}

impl fmt::Debug for RemoteJwks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteJwks").field("source", &self.source).finish_non_exhaustive()
    }
}

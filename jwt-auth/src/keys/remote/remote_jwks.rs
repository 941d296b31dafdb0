//! The setting of keys that are fetched.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::jose::algorithm::Algorithm;
use crate::jose::key_error::KeyError;
use crate::keys::source::RemoteKeys;

use crate::keys::remote::fetch::Fetch;
use crate::keys::remote::refresh::{Remote, Shared, Source};
#[cfg(feature = "reqwest")]
use crate::keys::remote::reqwest_client::ReqwestClient;
use crate::keys::remote::{discovery, url};

/// The keys of an issuer, fetched from it.
///
/// The first request waits for the first fetch; no later one waits for any. They are fetched again when their
/// `Cache-Control` says so, and when a token names a key that is not known, at most once in the cooldown, counted from the
/// attempt. Where a fetch fails, the keys that are there stay in force. While there are none, requests with a token are
/// answered 503.
///
/// ```no_run
/// # use jwt_auth::{auth_backend, JwtUser, RemoteJwks};
/// # #[derive(Clone, JwtUser)] struct User { #[jwt_user(id)] id: String }
/// # #[auth_backend(kind = "bearer", user = User)] struct Auth;
/// let auth = Auth
///     .backend()
///     .verify_only()
///     .trust("https://id.example.com", RemoteJwks::discover())
///     .audience("https://api.example.com")
///     .build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
    /// The set at this `https` URL.
    pub fn new(url: impl Into<String>) -> Self {
        Self::of(Source::Url(url.into()))
    }

    /// The set that the issuer's own configuration names, at `/.well-known/openid-configuration` below the issuer (OpenID
    /// Connect Discovery 1.0 section 4). The configuration must say that it is that issuer's.
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

    /// The algorithm of keys that name none, for providers that leave `alg` out. Without it such keys are left out, but for
    /// EC keys, whose curve says it.
    #[must_use]
    pub fn assume_algorithm(self, algorithm: Algorithm) -> Self {
        Self { assumed: Some(algorithm), ..self }
    }

    /// Another HTTP client than the one of the feature `reqwest`. It follows no redirects.
    #[must_use]
    pub fn client(self, client: impl Fetch) -> Self {
        Self { client: Some(Arc::new(client)), ..self }
    }

    /// How long after an attempt, successful or not, the next one may begin. 30 seconds by default.
    #[must_use]
    pub fn cooldown(self, cooldown: Duration) -> Self {
        Self { cooldown, ..self }
    }

    /// How long an attempt may take. 5 seconds by default.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// How long keys are fresh whose answer does not say it by `Cache-Control: max-age`. 10 minutes by default.
    #[must_use]
    pub fn max_age(self, max_age: Duration) -> Self {
        Self { max_age, ..self }
    }

    /// Takes `http` URLs of this very machine, for tests. Others are `https` always.
    #[must_use]
    pub fn allow_http_on_loopback(self) -> Self {
        Self { allow_http_on_loopback: true, ..self }
    }

    pub(crate) fn into_key_set(self, issuer: &str) -> Result<Arc<dyn RemoteKeys>, KeyError> {
        let start = match &self.source {
            Source::Url(url) => url.clone(),
            Source::Discovery => discovery::configuration_url(issuer),
        };
        if !url::is_allowed(&start, self.allow_http_on_loopback) {
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
            .ok_or_else(|| KeyError::Fetch("enable the feature `reqwest` of jwt-auth, or name a `client`".into()))?;
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

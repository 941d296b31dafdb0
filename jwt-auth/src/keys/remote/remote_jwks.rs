//! The settings for keys that are fetched from an issuer.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::jose::algorithm::Algorithm;
use crate::jose::key_error::KeyError;
use crate::keys::published::Reading;
use crate::keys::source::RemoteKeys;
use crate::observer::Observed;

use crate::keys::remote::discovery::NamedIssuer;
use crate::keys::remote::fetch::Fetch;
#[cfg(feature = "reqwest")]
use crate::keys::remote::fetch::ReqwestClient;
use crate::keys::remote::places::{Place, Remote, Settings};
use crate::keys::remote::refetch::Shared;
use crate::keys::remote::url::PlainHttp;

/// The keys of an issuer, fetched from the issuer.
///
/// A request waits for keys only if it needs a key that is not there: until the first fetch has succeeded, and when its token
/// names a key that the issuer may just have published. The keys are fetched again in the background when their
/// `Cache-Control` has expired. Two fetches are at least the [`cooldown`](Self::cooldown) apart, however many tokens name
/// unknown keys. If a fetch fails, the old keys stay in use. A request that no key can decide about gets a 503, with the
/// time of the next fetch in `Retry-After`.
///
/// A key of the set that is bad, unknown or ambiguous costs only itself, as in
/// [`VerifyingKeys::from_jwks`](crate::keys::VerifyingKeys::from_jwks). The log names it (target `jwt_auth`).
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
#[derive(Clone)]
#[doc(alias("jwks", "JWKS", "OpenID"))]
pub struct RemoteJwks {
    settings: Settings,
    client: Option<Arc<dyn Fetch>>,
    #[cfg(feature = "reqwest")]
    certificates: Vec<Vec<u8>>,
}

impl RemoteJwks {
    /// Fetches the JWK Set at this `https` URL.
    pub fn new(url: impl Into<String>) -> Self {
        Self::of(Place::Url(url.into()))
    }

    /// Fetches the JWK Set that the issuer's configuration names. The configuration is at
    /// `/.well-known/openid-configuration` below the issuer (OpenID Connect Discovery 1.0 section 4), and its `issuer`
    /// must be the issuer that is trusted.
    pub fn discover() -> Self {
        Self::of(Place::Discovery(None))
    }

    /// Like [`discover`](Self::discover), for an issuer that this service reaches under another address than the name in its
    /// tokens. The configuration is fetched below `base_url`, for example `http://keycloak:8080/realms/shop`, or at `base_url`
    /// itself if that contains `/.well-known/`. The configuration must still name the trusted issuer. If it says that the
    /// keys are at the issuer's own scheme, host and port, they are asked for at those of `base_url`.
    ///
    /// An address that is not `https` has to be allowed with [`allow_http_to`](Self::allow_http_to).
    pub fn discover_at(base_url: impl Into<String>) -> Self {
        Self::of(Place::Discovery(Some(base_url.into())))
    }

    fn of(place: Place) -> Self {
        Self {
            settings: Settings {
                places: vec![place],
                reading: Reading::default(),
                named: NamedIssuer::default(),
                plain_http: PlainHttp::default(),
                token_file: None,
                max_bytes: 64 * 1024,
                cooldown: Duration::from_secs(30),
                timeout: Duration::from_secs(5),
                wait: Duration::from_secs(5),
                max_age: Duration::from_secs(600),
                observed: Observed::default(),
            },
            client: None,
            #[cfg(feature = "reqwest")]
            certificates: Vec::new(),
        }
    }

    /// Also fetches the JWK Set at this URL, in the same attempt, whenever the earlier places do not answer 200 with a key
    /// that can be used. Each place gets an equal part of what is left of the [`timeout`](Self::timeout).
    #[must_use]
    pub fn or_at(self, url: impl Into<String>) -> Self {
        self.or(Place::Url(url.into()))
    }

    /// Like [`or_at`](Self::or_at), with the URL that the issuer's configuration names (see [`discover`](Self::discover)).
    #[must_use]
    pub fn or_discover(self) -> Self {
        self.or(Place::Discovery(None))
    }

    fn or(mut self, place: Place) -> Self {
        self.settings.places.push(place);
        self
    }

    /// The algorithm of keys without `alg`, for providers that leave it out. Without this setting such keys are
    /// left out, except P-256 and P-384 keys, since the curve determines their algorithm.
    #[must_use]
    pub fn assume_algorithm(mut self, algorithm: Algorithm) -> Self {
        self.settings.reading.assumed = Some(algorithm);
        self
    }

    /// Honours the member `issuer` of a key, with which a provider says whose tokens the key signs, as Microsoft Entra does.
    /// If the name contains `{tenantid}`, the key is for every tenant, otherwise only for tokens of the issuer with exactly
    /// this name. Without this setting the member is ignored.
    #[must_use]
    pub fn honour_key_issuer(mut self) -> Self {
        self.settings.reading.honours_issuer = true;
        self
    }

    /// How many keys of the set are read. 256 by default. Later keys are left out.
    #[must_use]
    pub fn max_keys(mut self, keys: usize) -> Self {
        self.settings.reading.max_keys = keys;
        self
    }

    /// Also accepts a configuration with this `issuer` in place of the issuer that is trusted. Microsoft Entra's configuration for
    /// all tenants literally contains `https://login.microsoftonline.com/{tenantid}/v2.0`. It does not change which `iss`
    /// tokens must have.
    #[must_use]
    pub fn discovery_issuer(mut self, issuer: impl Into<String>) -> Self {
        self.settings.named.also(issuer.into());
        self
    }

    /// Accepts a configuration with any `issuer`, or none. OpenID Connect Discovery 1.0 section 4.3 requires the comparison,
    /// so prefer [`discovery_issuer`](Self::discovery_issuer). It does not change which `iss` tokens must have.
    #[must_use]
    pub fn any_discovery_issuer(mut self) -> Self {
        self.settings.named = NamedIssuer::Any;
        self
    }

    /// Sends `Authorization: Bearer` with the token in this file (RFC 6750 section 2.1), for example
    /// `/var/run/secrets/kubernetes.io/serviceaccount/token`, to every URL that is fetched, including the one that the
    /// configuration names. The file is read for each request, because such tokens are replaced while the service runs. If it
    /// cannot be read, the fetch fails.
    #[must_use]
    pub fn bearer_token_file(mut self, path: impl AsRef<Path>) -> Self {
        self.settings.token_file = Some(path.as_ref().to_owned());
        self
    }

    /// Also trusts servers with a certificate of this authority: one or several certificates in PEM, for a private authority
    /// such as that of a Kubernetes cluster. Those of the operating system stay trusted. It is a setting of the HTTP client
    /// of the feature `reqwest`, so it cannot be combined with [`client`](Self::client). A text without a certificate is an
    /// error of `build()`.
    #[cfg(feature = "reqwest")]
    #[must_use]
    pub fn root_certificate(mut self, pem: impl AsRef<[u8]>) -> Self {
        self.certificates.push(pem.as_ref().to_owned());
        self
    }

    /// Uses this HTTP client instead of the one of the feature `reqwest`. It must not follow redirects.
    #[must_use]
    pub fn client(self, client: impl Fetch) -> Self {
        Self { client: Some(Arc::new(client)), ..self }
    }

    /// The least time from the start of one fetch to the start of the next, whether it succeeded or not. 30 seconds by
    /// default.
    #[must_use]
    pub fn cooldown(mut self, cooldown: Duration) -> Self {
        self.settings.cooldown = cooldown;
        self
    }

    /// How long a fetch may take. 5 seconds by default.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.settings.timeout = timeout;
        self
    }

    /// How long a request whose token names an unknown key waits for the end of the [`cooldown`](Self::cooldown), after which
    /// the keys are fetched again. If more of it is left, the request gets a 503 with the rest in `Retry-After`. 5 seconds by
    /// default. The fetch itself may take the [`timeout`](Self::timeout) in addition.
    #[must_use]
    pub fn wait(mut self, wait: Duration) -> Self {
        self.settings.wait = wait;
        self
    }

    /// The time after which the keys are fetched again if the response has no `Cache-Control: max-age`. 10 minutes by default.
    #[must_use]
    pub fn max_age(mut self, max_age: Duration) -> Self {
        self.settings.max_age = max_age;
        self
    }

    /// The longest JWK Set and configuration that are read, in bytes. 65,536 (64 KiB) by default. A longer one is a failed
    /// fetch.
    #[must_use]
    pub fn max_bytes(mut self, bytes: usize) -> Self {
        self.settings.max_bytes = bytes;
        self
    }

    /// Allows `http` URLs of loopback addresses, for tests. All other URLs must be `https`.
    #[must_use]
    pub fn allow_http_on_loopback(mut self) -> Self {
        self.settings.plain_http.on_loopback = true;
        self
    }

    /// Allows `http` URLs of this host, such as `keycloak`: its name without scheme and port. Call it once for each host.
    ///
    /// **Whoever can change the traffic to this host can replace the keys, and then sign tokens of any user.** Use it only
    /// inside a network in which you trust every machine, such as the private network of one compose file.
    #[must_use]
    pub fn allow_http_to(mut self, host: impl Into<String>) -> Self {
        self.settings.plain_http.hosts.push(host.into());
        self
    }

    /// Reports each fetch.
    pub(crate) fn observed(mut self, observed: Observed) -> Self {
        self.settings.observed = observed;
        self
    }

    /// Whether each issuer has its own URL.
    pub(crate) fn depends_on_issuer(&self) -> bool {
        self.settings.places.iter().any(|place| matches!(place, Place::Discovery(None)))
    }

    pub(crate) fn into_key_set(self, issuer: &str) -> Result<Arc<dyn RemoteKeys>, KeyError> {
        self.check(issuer).map_err(KeyError::Fetch)?;
        let client = self.http_client()?;
        Ok(Arc::new(Shared::new(Remote { issuer: issuer.to_owned(), settings: self.settings, client })))
    }

    fn check(&self, issuer: &str) -> Result<(), String> {
        let Settings { places, plain_http, reading, max_bytes, .. } = &self.settings;
        plain_http.check_hosts()?;
        for place in places {
            plain_http.check(&place.start(issuer))?;
        }
        match (max_bytes, reading.max_keys) {
            (0, _) => Err("`max_bytes` is 0, so no keys can be read".into()),
            (_, 0) => Err("`max_keys` is 0, so no keys can be read".into()),
            _ => Ok(()),
        }
    }

    #[cfg(feature = "reqwest")]
    fn http_client(&self) -> Result<Arc<dyn Fetch>, KeyError> {
        match &self.client {
            None => {
                let client = ReqwestClient::new()?;
                let client = self.certificates.iter().try_fold(client, ReqwestClient::trust_certificate)?;
                Ok(Arc::new(client))
            }
            Some(client) if self.certificates.is_empty() => Ok(Arc::clone(client)),
            Some(_) => Err(KeyError::Fetch(
                "`root_certificate` does not change your own `client`; let the client trust it, for example with `ReqwestClient::trust_certificate`".into(),
            )),
        }
    }

    #[cfg(not(feature = "reqwest"))]
    fn http_client(&self) -> Result<Arc<dyn Fetch>, KeyError> {
        let missing = || KeyError::Fetch("enable the feature `reqwest` of jwt-auth, or set a `client`".into());
        self.client.clone().ok_or_else(missing)
    }
}

impl fmt::Debug for RemoteJwks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteJwks").field("places", &self.settings.places).finish_non_exhaustive()
    }
}

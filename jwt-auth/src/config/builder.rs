//! The settings that differ between deployments. `build()` checks them, so a wrong setting never fails a request.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use http::Extensions;

use crate::backend::mode::Issuing;
use crate::clock::{Clock, SystemClock};
use crate::hooks::AuthBackend;
use crate::issuer::trusted_keys::TrustedKeys;
use crate::keys::own_keys::Keys;
use crate::oauth2::client::Client;
use crate::oauth2::resource_metadata::ResourceMetadata;
use crate::passwords::check::PasswordSettings;
use crate::records::refresh_policy::RefreshTokens;
use crate::records::rules::Rules;
use crate::store::store_trait::Store;

const DEFAULT_LIFETIME: Duration = Duration::from_secs(60 * 60);

/// The settings of one deployment. The `backend()` method of a config struct makes a builder, and `build()` checks all
/// settings. Keys and issuer are mandatory.
#[doc(alias = "JWTAuth")]
#[doc(alias = "JWTCookieAuth")]
#[doc(alias = "OAuth2PasswordBearerAuth")]
#[must_use = "a builder does nothing until `build()`"]
pub struct Builder<A, M = Issuing> {
    pub(crate) config: A,
    pub(crate) keys: Option<Keys>,
    pub(crate) issuer: Option<String>,
    pub(crate) audiences: Vec<String>,
    pub(crate) any_audience: bool,
    pub(crate) strict_audience: bool,
    pub(crate) types: Vec<String>,
    pub(crate) trusted: Vec<(String, TrustedKeys)>,
    pub(crate) client_id: Option<String>,
    pub(crate) lifetime: Duration,
    pub(crate) max_lifetime: Option<Duration>,
    pub(crate) leeway: Option<Duration>,
    pub(crate) required: Vec<String>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) realm: Option<String>,
    pub(crate) allowed_origins: Vec<String>,
    /// Settings of the web layer, which it reads when it refuses a request.
    pub(crate) web: Extensions,
    pub(crate) insecure_cookie: bool,
    pub(crate) store: Option<Arc<dyn Store>>,
    pub(crate) store_timeout: Duration,
    pub(crate) clocks_apart: Duration,
    pub(crate) max_sessions: usize,
    pub(crate) token_cache: Option<usize>,
    pub(crate) user_cache: Duration,
    pub(crate) revocation_staleness: Duration,
    pub(crate) passwords: PasswordSettings,
    pub(crate) refresh: Option<RefreshTokens>,
    pub(crate) clients: Vec<Client>,
    pub(crate) resource_metadata: Option<ResourceMetadata>,
    pub(crate) mode: PhantomData<fn() -> M>,
}

impl<A: AuthBackend> Builder<A> {
    /// The `backend()` method of a config struct calls this.
    #[doc(hidden)]
    pub fn new(config: A) -> Self {
        Self {
            config,
            keys: None,
            issuer: None,
            audiences: Vec::new(),
            any_audience: false,
            strict_audience: false,
            types: vec!["at+jwt".to_owned()],
            trusted: Vec::new(),
            client_id: None,
            lifetime: DEFAULT_LIFETIME,
            max_lifetime: None,
            leeway: None,
            required: Vec::new(),
            clock: Arc::new(SystemClock),
            realm: None,
            allowed_origins: Vec::new(),
            web: Extensions::new(),
            insecure_cookie: false,
            store: None,
            store_timeout: Duration::from_secs(2),
            clocks_apart: Duration::from_secs(Rules::default().clocks_apart),
            max_sessions: Rules::default().max_sessions,
            revocation_staleness: Duration::ZERO,
            refresh: None,
            clients: Vec::new(),
            token_cache: None,
            user_cache: Duration::ZERO,
            passwords: PasswordSettings::default(),
            resource_metadata: None,
            mode: PhantomData,
        }
    }
}

impl<A: AuthBackend, M> Builder<A, M> {
    /// The longest time, in whole seconds, that an accepted or issued token may still be valid. 24 hours by default, or
    /// [`lifetime`](Builder::lifetime) if that is longer. A sign-in that asks for a longer-lived token fails. More than 400 days
    /// is an error of `build()`, because the store keeps a sign-out everywhere for as long as a token can live.
    pub fn max_lifetime(self, max_lifetime: Duration) -> Self {
        Self { max_lifetime: Some(max_lifetime), ..self }
    }

    /// Confirms `cookie(secure = false)` of the declaration, for development without TLS, where browsers do not accept `__Host-`
    /// cookies. The token then travels in the clear, which RFC 6750 section 5.3 forbids.
    pub fn insecure_cookie(self) -> Self {
        Self { insecure_cookie: true, ..self }
    }

    /// The `aud` claim of issued tokens, which accepted tokens must also have (RFC 7519 section 4.1.3). The issuer by default.
    /// A further call adds another audience that is accepted. Issued tokens have the first one.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audiences.push(audience.into());
        self
    }

    /// Accepts tokens for any audience, and tokens without one. If another service has the same key and issuer, its tokens are
    /// then accepted here (RFC 8725 section 3.9).
    pub fn any_audience(self) -> Self {
        Self { any_audience: true, ..self }
    }

    /// Accepts a token only if its `aud` is exactly the one audience, as a string and not in a list. Off by default.
    pub fn strict_audience(self) -> Self {
        Self { strict_audience: true, ..self }
    }

    /// Also accepts this `typ` header, such as `JWT` for the tokens of an older service. By default only `at+jwt` is accepted
    /// (RFC 9068 section 4). The comparison ignores case and a leading `application/`.
    pub fn accept_type(mut self, typ: impl AsRef<str>) -> Self {
        let typ = typ.as_ref().to_ascii_lowercase();
        self.types.push(typ.strip_prefix("application/").unwrap_or(&typ).to_owned());
        self
    }

    /// The tolerance for clock differences in the checks of `exp`, `nbf` and `iat`, in whole seconds. By default it is 0 for
    /// `exp`, and `2 * clocks_apart + 1` for `nbf` and `iat`, which is 5 unless you set [`clocks_apart`](Self::clocks_apart).
    /// More than 300 seconds is an error of `build()`.
    pub fn leeway(self, leeway: Duration) -> Self {
        Self { leeway: Some(leeway), ..self }
    }

    /// Claims that a token must have. A claim that is `null` counts as missing. `iss`, `sub`, `exp`, `iat`, `jti` and, unless
    /// [`any_audience`](Self::any_audience) is set, `aud` are always required. A sign-in fails if its token would lack one.
    pub fn require_claims<I: IntoIterator<Item = S>, S: Into<String>>(mut self, names: I) -> Self {
        self.required.extend(names.into_iter().map(Into::into));
        self
    }

    /// The source of the time. [`SystemClock`] by default.
    pub fn clock(self, clock: impl Clock) -> Self {
        Self { clock: Arc::new(clock), ..self }
    }

    /// The `realm` of challenges (RFC 9110 section 11.5). The issuer by default.
    pub fn realm(self, realm: impl Into<String>) -> Self {
        Self { realm: Some(realm.into()), ..self }
    }

    /// Allows the pages of an origin, such as `https://app.example.com`, to send unsafe requests with the cookie. Call it once
    /// for each origin. The pages of the service itself are always allowed: browsers mark their requests with `Sec-Fetch-Site`.
    /// No other origin is allowed by default.
    #[doc(alias = "csrf")]
    pub fn allowed_origin(mut self, origin: impl Into<String>) -> Self {
        self.allowed_origins.push(origin.into());
        self
    }

    /// How many verified tokens are cached, by their exact bytes. The signature of a cached token is not checked again; its times
    /// and its revocation are checked on every request. A change of the keys empties the cache. 0 switches the cache off. The
    /// default is 10,000 if there are public keys, and 0 if all keys are secrets, because an HMAC costs little more than a
    /// look-up. An entry takes about three times the token's length.
    pub fn token_cache(self, entries: usize) -> Self {
        Self { token_cache: Some(entries), ..self }
    }

    /// How long a user that `retrieve_user` found is cached, in whole seconds. 0 by default: every request looks the user up.
    /// Anything between 0 and 1 second, more than 300 seconds, or a declaration without `retrieve_user` is an error of `build()`.
    ///
    /// A change of a user takes effect on this instance after this time at the latest.
    /// [`revoke_user`](crate::Backend::revoke_user) on this instance empties the cache at once. Only users that were found are
    /// cached, at most 10,000.
    ///
    /// The key is the issuer and the subject. Leave the cache off if `retrieve_user` reads anything else of the token or the
    /// request: a request would get the user that another request found.
    pub fn user_cache(self, lifetime: Duration) -> Self {
        Self { user_cache: lifetime, ..self }
    }

    /// Publishes which servers issue the tokens of this service (RFC 9728). The challenges then contain the URL of the document
    /// that [`serve_resource_metadata`](crate::well_known::serve_resource_metadata) serves. Off by default.
    pub fn resource_metadata(self, metadata: ResourceMetadata) -> Self {
        Self { resource_metadata: Some(metadata), ..self }
    }
}

impl<A, M> fmt::Debug for Builder<A, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("keys", &self.keys)
            .field("issuer", &self.issuer)
            .field("trusted", &self.trusted)
            .finish_non_exhaustive()
    }
}

//! What differs between deployments, checked by `build()` so that no request meets a wrong setting.

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

/// The settings of one deployment. Made by the `backend()` method of a config struct; `build()` checks
/// all of them. Keys and issuer are mandatory.
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
    /// What the web layer keeps here until a request is refused.
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
    /// What the `backend()` method of a config struct calls.
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
    /// How far ahead `exp` of an accepted token may lie, in whole seconds: nobody gets a token for life. 24 hours by
    /// default, or [`lifetime`](Builder::lifetime) if that is longer. A token for longer is an error, and so is more than 400 days
    /// here: a sign-out everywhere is kept for as long as a token can live.
    pub fn max_lifetime(self, max_lifetime: Duration) -> Self {
        Self { max_lifetime: Some(max_lifetime), ..self }
    }

    /// Confirms `cookie(secure = false)` of the declaration: the token then travels in the clear (RFC 6750 section 5.3
    /// forbids it). For development without TLS, where browsers do not take `__Host-` cookies.
    pub fn insecure_cookie(self) -> Self {
        Self { insecure_cookie: true, ..self }
    }

    /// The `aud` claim of issued tokens; accepted tokens must name it (RFC 7519 section 4.1.3). The issuer by
    /// default. A second call adds an audience that is accepted too; the first is the one that is issued.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audiences.push(audience.into());
        self
    }

    /// Accepts tokens for any audience, and tokens without one. Whoever shares the key and the issuer with another
    /// service accepts that service's tokens then (RFC 8725 section 3.9).
    pub fn any_audience(self) -> Self {
        Self { any_audience: true, ..self }
    }

    /// Accepts only tokens whose `aud` is exactly the one audience, as a string and not in a list. Off by default.
    pub fn strict_audience(self) -> Self {
        Self { strict_audience: true, ..self }
    }

    /// Accepts another `typ` header too, such as `JWT` for the tokens of an older service. `at+jwt` alone by default
    /// (RFC 9068 section 4). Compared without case, with or without `application/`.
    pub fn accept_type(mut self, typ: impl AsRef<str>) -> Self {
        let typ = typ.as_ref().to_ascii_lowercase();
        self.types.push(typ.strip_prefix("application/").unwrap_or(&typ).to_owned());
        self
    }

    /// By how much clocks may differ when `exp`, `nbf` and `iat` are checked, in whole seconds. By default zero for `exp`, and
    /// for `nbf` and `iat` twice [`clocks_apart`](Self::clocks_apart) and one second: 5. More than 300 seconds is an error
    /// of `build()`.
    pub fn leeway(self, leeway: Duration) -> Self {
        Self { leeway: Some(leeway), ..self }
    }

    /// Claims that a token must have; `null` counts as missing. `iss`, `sub`, `exp`, `iat`, `jti` and, unless
    /// [`any_audience`](Self::any_audience) is set, `aud` are always required. No token is issued without them.
    pub fn require_claims<I: IntoIterator<Item = S>, S: Into<String>>(mut self, names: I) -> Self {
        self.required.extend(names.into_iter().map(Into::into));
        self
    }

    /// Where the time comes from. [`SystemClock`] by default.
    pub fn clock(self, clock: impl Clock) -> Self {
        Self { clock: Arc::new(clock), ..self }
    }

    /// The `realm` of challenges (RFC 9110 section 11.5). The issuer by default.
    pub fn realm(self, realm: impl Into<String>) -> Self {
        Self { realm: Some(realm.into()), ..self }
    }

    /// An origin such as `https://app.example.com` whose pages may send unsafe requests by cookie. The service's own
    /// pages may always, as browsers say so themselves (`Sec-Fetch-Site`); none other by default.
    pub fn allowed_origin(mut self, origin: impl Into<String>) -> Self {
        self.allowed_origins.push(origin.into());
        self
    }

    /// How many tokens are remembered as verified, by their exact bytes, so that a signature is checked once and not once a
    /// request. Times and revocation are checked every time, and a change of keys forgets all. 10,000 by default where
    /// keys are public, and 0, which is none, where they are secrets: an HMAC costs little more than a look-up. What
    /// is remembered takes about three times the token's length.
    pub fn token_cache(self, entries: usize) -> Self {
        Self { token_cache: Some(entries), ..self }
    }

    /// For how many whole seconds of the clock a user that `retrieve_user` found is not looked up again, by issuer and subject. 0
    /// by default: every request looks up. Less than a second, more than 300, or a declaration without `retrieve_user` is an
    /// error of `build()`.
    ///
    /// A change of a user is seen here after so long at most; [`revoke_user`](crate::Backend::revoke_user) on this instance
    /// drops all users at once. Not for a look-up that reads more of the token or the request than the subject: its
    /// answer to one request would be given to another. That there is no such user is never remembered. At most 10,000 users are.
    pub fn user_cache(self, lifetime: Duration) -> Self {
        Self { user_cache: lifetime, ..self }
    }

    /// Publishes who issues the tokens of this service (RFC 9728): challenges name the document that
    /// [`serve_resource_metadata`](crate::well_known::serve_resource_metadata) answers with. Off by default.
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

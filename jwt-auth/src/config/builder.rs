//! The settings that differ between deployments. `build()` checks them, so a wrong setting never fails a request.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use http::Extensions;

use crate::backend::{Issuing, VerifyOnly};
use crate::clock::{Clock, SystemClock};
use crate::config::outside::Outside;
use crate::credential::cookies::CookieSettings;
use crate::events::tell::Events;
use crate::hooks::AuthBackend;
use crate::issuer::settings::Issuer;
use crate::keys::own_keys::Keys;
use crate::oauth2::client::Client;
use crate::oauth2::resource_metadata::ResourceMetadata;
use crate::passwords::check::PasswordSettings;
use crate::peer::proxies::PeerOf;
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
    /// The settings of our own tokens. They have names that no method has, so that the compiler does not name private fields.
    pub(crate) own: OwnTokens,
    pub(crate) trusted: Vec<Issuer>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) realm: Option<String>,
    pub(crate) outside: Outside,
    /// Settings of the web layer, which it reads when it refuses a request.
    pub(crate) web: Extensions,
    pub(crate) cookie: CookieSettings,
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
    pub(crate) default_scopes: Vec<String>,
    pub(crate) resource_metadata: Option<ResourceMetadata>,
    pub(crate) events: Events,
    pub(crate) open_connections: Duration,
    pub(crate) mode: PhantomData<fn() -> M>,
}

/// The settings of the tokens that the backend issues.
#[derive(Debug)]
pub(crate) struct OwnTokens {
    pub(crate) keys: Option<Keys>,
    pub(crate) issuer: Option<String>,
    pub(crate) audiences: Vec<String>,
    pub(crate) any_audience: bool,
    pub(crate) strict_audience: bool,
    pub(crate) types: Vec<String>,
    pub(crate) client_id: Option<String>,
    pub(crate) lifetime: Duration,
    pub(crate) max_lifetime: Option<Duration>,
    pub(crate) leeway: Option<Duration>,
    pub(crate) required: Vec<String>,
}

impl Default for OwnTokens {
    fn default() -> Self {
        Self {
            keys: None,
            issuer: None,
            audiences: Vec::new(),
            any_audience: false,
            strict_audience: false,
            types: vec!["at+jwt".to_owned()],
            client_id: None,
            lifetime: DEFAULT_LIFETIME,
            max_lifetime: None,
            leeway: None,
            required: Vec::new(),
        }
    }
}

impl<A: AuthBackend> Builder<A> {
    /// The defaults. `peer_of` reads the address of a request's peer.
    pub(crate) fn with(config: A, peer_of: PeerOf) -> Self {
        Self {
            config,
            own: OwnTokens::default(),
            trusted: Vec::new(),
            clock: Arc::new(SystemClock),
            realm: None,
            outside: Outside::new(peer_of),
            web: Extensions::new(),
            cookie: CookieSettings::default(),
            store: None,
            store_timeout: Duration::from_secs(2),
            clocks_apart: Duration::from_secs(Rules::default().clocks_apart),
            max_sessions: Rules::default().max_sessions,
            revocation_staleness: Duration::ZERO,
            refresh: None,
            clients: Vec::new(),
            default_scopes: Vec::new(),
            token_cache: None,
            user_cache: Duration::ZERO,
            passwords: PasswordSettings::default(),
            resource_metadata: None,
            events: Events::default(),
            open_connections: Duration::from_secs(10),
            mode: PhantomData,
        }
    }
}

impl<A: AuthBackend> Builder<A> {
    /// Makes a backend that issues no tokens and only verifies those of other issuers: a resource server behind an identity
    /// provider. [`trust`](Builder::trust) names the issuers.
    pub fn verify_only(self) -> Builder<A, VerifyOnly> {
        Builder {
            own: self.own,
            trusted: self.trusted,
            clock: self.clock,
            realm: self.realm,
            outside: self.outside,
            web: self.web,
            cookie: self.cookie,
            store: self.store,
            store_timeout: self.store_timeout,
            clocks_apart: self.clocks_apart,
            max_sessions: self.max_sessions,
            revocation_staleness: self.revocation_staleness,
            refresh: self.refresh,
            clients: self.clients,
            default_scopes: self.default_scopes,
            token_cache: self.token_cache,
            user_cache: self.user_cache,
            passwords: self.passwords,
            resource_metadata: self.resource_metadata,
            events: self.events,
            open_connections: self.open_connections,
            mode: PhantomData,
            config: self.config,
        }
    }
}

impl<A, M> fmt::Debug for Builder<A, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("keys", &self.own.keys)
            .field("issuer", &self.own.issuer)
            .field("trusted", &self.trusted)
            .finish_non_exhaustive()
    }
}

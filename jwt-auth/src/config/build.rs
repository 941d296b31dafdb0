//! `build()` checks every setting and makes the backend.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderName;

use crate::authenticate::Authenticator;
use crate::backend::Issuance;
use crate::backend::open_connections::OpenConnections;
use crate::backend::{Backend, Stages};
use crate::backend::{Mode, VerifyOnly};
use crate::caches::tokens::TokenCache;
use crate::caches::users::UserCache;
use crate::config::build_error::{BuildError, Mistakes};
use crate::config::builder::{Builder, OwnTokens};
use crate::config::resource;
use crate::credential::cookies::Cookies;
use crate::credential::sources::Sources;
use crate::declaration::exclude::ExcludeSet;
use crate::hooks::AuthBackend;
use crate::issuer::error::IssuerError;
use crate::issuer::token_policy::{Audience, ClaimRules, Policy, Types};
use crate::issuer::trust::{Other, Trust, Trusted};
use crate::jose::compact::MAX_LENGTH;
use crate::jose::payload::Profile;
use crate::jose::payload::claim_path::ClaimPath;
use crate::jose::payload::resolve::ClaimNames;
use crate::keys::key_set::RotatingKeys;
use crate::keys::source::KeySource;
use crate::oauth2::client::Clients;
use crate::oauth2::resource_metadata::ResourceMetadata;
use crate::passwords::check::Passwords;
use crate::records::rules::Rules;
use crate::records::sessions::Sessions;
use crate::rejection::challenge::{Presentation, SignInPage};
use crate::store::memory::MemoryStore;

const DEFAULT_TOKEN_CACHE: usize = 10_000;
const DEFAULT_MAX_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

impl<A: AuthBackend> Builder<A> {
    /// Checks every setting, and that signatures of the signing key verify. Makes the backend.
    ///
    /// # Errors
    ///
    /// [`BuildError`] names every setting that is wrong, and says what to write.
    pub fn build(mut self) -> Result<Backend<A>, BuildError> {
        let mut mistakes = Mistakes::default();
        self.check_identity(&mut mistakes);
        let keys = self.own.keys.take().and_then(|keys| mistakes.value("keys", keys.into_key_set()));
        let others = self.others(&mut mistakes);
        self.check(self.own.issuer.as_deref(), &mut mistakes);
        mistakes.add_all("resource_metadata", resource::mistake(&self, &others));
        let (Some(keys), Some(issuer)) = (keys, self.own.issuer.take()) else { return Err(mistakes.into_error()) };
        mistakes.finish()?;
        let keys = KeySource::Given(Arc::new(RotatingKeys::new(keys)));
        self.realm.get_or_insert_with(|| issuer.clone());
        let policy = Arc::new(self.own_policy(&issuer));
        let own = Trusted::new(issuer.clone(), Some(keys), Arc::clone(&policy));
        let trust = Trust::new(Some(Arc::new(own)), others);
        self.finish(trust, policy, issuer).map(Backend::new)
    }
}

impl<A: AuthBackend> Builder<A, VerifyOnly> {
    /// Checks every setting and makes the backend. Keys from a URL are fetched by the first request, not here.
    ///
    /// # Errors
    ///
    /// [`BuildError`] names every setting that is wrong, and says what to write.
    pub fn build(mut self) -> Result<Backend<A, VerifyOnly>, BuildError> {
        let mut mistakes = Mistakes::default();
        self.check_identity(&mut mistakes);
        let first = self.trusted.first();
        let realm = first.and_then(|issuer| issuer.audiences.first().or(Some(&issuer.name))).cloned();
        let issuer = first.map(|issuer| issuer.name.clone());
        let others = self.others(&mut mistakes);
        self.check(realm.as_deref(), &mut mistakes);
        mistakes.add_all("resource_metadata", resource::mistake(&self, &others));
        let Some(issuer) = issuer else { return Err(mistakes.into_error()) };
        mistakes.finish()?;
        self.realm = self.realm.take().or(realm);
        let trust = Trust::new(None, others);
        let policy = Arc::new(self.own_policy(&issuer));
        self.finish(trust, policy, issuer).map(Backend::new)
    }
}

impl<A: AuthBackend, M: Mode> Builder<A, M> {
    /// The other issuers, checked.
    fn others(&mut self, mistakes: &mut Mistakes) -> Vec<Other> {
        let resource = self.resource_metadata.as_ref().map(ResourceMetadata::resource);
        let mut others: Vec<Other> = Vec::new();
        for mut issuer in std::mem::take(&mut self.trusted) {
            issuer.observed = self.events.observed();
            let name = issuer.name.clone();
            match issuer.into_trusted(resource) {
                Ok(other) if self.own.issuer.as_deref().is_some_and(|own| other.is_named(own)) => {
                    mistakes.add_all(
                        "trust",
                        [format!("the issuer `{name}` is the backend itself, which trusts its own tokens")],
                    );
                }
                Ok(other) if others.iter().any(|known| known.overlaps(&other)) => {
                    mistakes.add_all(
                        "trust",
                        [format!("the issuer `{name}` is trusted twice; give each issuer one `trust`")],
                    );
                }
                Ok(other) => others.push(other),
                Err(wrong) => mistakes.add_all("trust", IssuerError::new(&name, wrong).named()),
            }
        }
        others
    }

    /// What our own tokens must be.
    fn own_policy(&mut self, issuer: &str) -> Policy {
        let own = std::mem::take(&mut self.own);
        let mut audiences = own.audiences;
        if audiences.is_empty() && !own.any_audience {
            audiences.push(issuer.to_owned());
        }
        let max_lifetime = own.max_lifetime.unwrap_or(DEFAULT_MAX_LIFETIME.max(own.lifetime));
        let required = own.required.into_iter().map(ClaimPath::from).collect();
        let stale_for = self.rules().stale_for();
        self.own = OwnTokens { lifetime: own.lifetime, client_id: own.client_id, ..OwnTokens::default() };
        Policy {
            profile: Profile::Rfc9068,
            names: ClaimNames::default(),
            audience: audience(audiences, own.any_audience, own.strict_audience),
            types: Types { accepted: own.types, may_be_absent: false },
            algorithms: None,
            leeway: own.leeway.unwrap_or_default().as_secs(),
            // A token may be dated this far ahead: the clock of another instance may be ahead, and a sign-in after a sign-out
            // everywhere may get a later date.
            start_leeway: own.leeway.map_or(stale_for, |leeway| leeway.as_secs()),
            max_lifetime: max_lifetime.as_secs(),
            max_bytes: MAX_LENGTH,
            required,
            rules: ClaimRules::default(),
        }
    }

    fn rules(&self) -> Rules {
        let clocks_apart = whole_seconds(self.clocks_apart);
        Rules { clocks_apart, max_sessions: self.max_sessions, ..Rules::default() }
    }

    /// Makes the backend from checked settings.
    fn finish(mut self, trust: Trust, policy: Arc<Policy>, issuer: String) -> Result<Arc<Stages<A>>, BuildError> {
        #[cfg(feature = "metrics")]
        crate::events::metrics::describe();
        let (spec, issues) = (A::SPEC, M::ISSUES);
        let rules = self.rules();
        let store = self.store.or_else(|| issues.then(|| Arc::new(MemoryStore::new()) as _));
        let metadata_url =
            self.resource_metadata.as_ref().and_then(|metadata| metadata.url(&self.outside.public_prefix));
        if let Some(path) = self.outside.sign_in_page.take() {
            self.web.insert(SignInPage { prefix: self.outside.public_prefix.clone(), path });
        }
        let presentation =
            Presentation::new(self.realm.as_deref().unwrap_or(&issuer), metadata_url.as_deref(), self.web)
                .ok_or("`realm` or the URL of `resource_metadata` holds characters that a header cannot carry")?;
        let header = spec.header.map(|name| HeaderName::from_bytes(name.as_bytes())).transpose();
        let staleness = self.revocation_staleness.as_secs();
        let observed = self.events.observed();
        let sessions = store.map(|store| {
            let clock = Arc::clone(&self.clock);
            Sessions::new(store, self.store_timeout, staleness, rules, clock, observed.clone())
        });
        let cached_tokens = self.token_cache.unwrap_or(if trust.has_secrets_alone() { 0 } else { DEFAULT_TOKEN_CACHE });
        let proxies = self.outside.proxies();
        let cookies = Cookies::resolve(&spec, &self.cookie, &self.outside.public_prefix)
            .map_err(|_| "a setting of the cookie is wrong")?;
        let sources = Sources {
            header: header.map_err(|_| "`header` is not a header name")?,
            pages: self.outside.pages(&proxies, cookies.session.as_ref().is_some_and(|cookie| cookie.secure)),
            cookies,
            public_prefix: self.outside.public_prefix.clone(),
        };
        let issuance = Issuance {
            is_on: issues,
            client_id: self.own.client_id.unwrap_or_else(|| issuer.clone()),
            issuer,
            policy,
            lifetime: self.own.lifetime.as_secs(),
            default_scopes: self.default_scopes,
            refresh: self.refresh,
        };
        let seldom_waits =
            !spec.looks_up && !spec.asks_revoked && sessions.as_ref().is_none_or(Sessions::answers_at_once);
        let authenticator = Authenticator {
            hooks: self.config,
            sources,
            trust,
            tokens: (cached_tokens > 0).then(|| TokenCache::new(cached_tokens)),
            sessions,
            users: UserCache::new(self.user_cache.as_secs()),
            clock: self.clock,
            seldom_waits,
        };
        Ok(Arc::new(Stages {
            authenticator,
            issuance,
            passwords: Passwords::new(self.passwords, self.store_timeout, observed),
            clients: Clients::new(self.clients)?,
            exclude: ExcludeSet::new(spec.open_patterns(issues)),
            presentation: Arc::new(presentation),
            resource_metadata: self.resource_metadata,
            proxies,
            public_prefix: self.outside.public_prefix,
            events: self.events,
            open_connections: OpenConnections::new(self.open_connections, self.store_timeout),
        }))
    }
}

/// Rounds up: if the clocks differ by more than this setting, a sign-in could survive a sign-out everywhere.
fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs().saturating_add(u64::from(duration.subsec_nanos() > 0))
}

fn audience(mut named: Vec<String>, any: bool, strict: bool) -> Audience {
    match named.pop() {
        _ if any => Audience::Any,
        Some(only) if strict && named.is_empty() => Audience::Exactly(only),
        last => {
            named.extend(last);
            Audience::OneOf(named)
        }
    }
}

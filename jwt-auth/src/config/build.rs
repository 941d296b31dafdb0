//! `build()`: every setting is checked before the first request.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderName;

use crate::backend::mode::{Mode, VerifyOnly};
use crate::backend::{Backend, Inner};
use crate::caches::tokens::TokenCache;
use crate::caches::users::UserCache;
use crate::config::build_error::{BuildError, Mistakes};
use crate::config::builder::Builder;
use crate::credential::refresh_cookie::RefreshCookie;
use crate::credential::sources::Sources;
use crate::declaration::exclude::ExcludeSet;
use crate::hooks::AuthBackend;
use crate::issuer::trust::{KeySource, Trust, Trusted};
use crate::issuer::verify::{Audience, Policy};
use crate::keys::key_set::KeyStore;
use crate::oauth2::client::Clients;
use crate::oauth2::resource_metadata::ResourceMetadata;
use crate::passwords::check::Passwords;
use crate::records::rules::Rules;
use crate::records::sessions::Sessions;
use crate::rejection::presentation::Presentation;
use crate::store::memory::MemoryStore;

const DEFAULT_TOKEN_CACHE: usize = 10_000;
const DEFAULT_MAX_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

impl<A: AuthBackend> Builder<A> {
    /// Checks every setting, and that what the key signs verifies.
    ///
    /// # Errors
    ///
    /// [`BuildError`] names every setting that is wrong, and says what to write.
    pub fn build(mut self) -> Result<Backend<A>, BuildError> {
        let mut mistakes = Mistakes::default();
        self.check_identity(&mut mistakes);
        let keys = self.keys.take().and_then(|keys| mistakes.value("keys", keys.into_ring()));
        self.check(self.issuer.as_deref(), &mut mistakes);
        let (Some(keys), Some(issuer)) = (keys, self.issuer.take()) else { return Err(mistakes.into_error()) };
        mistakes.finish()?;
        let keys = KeySource::Store(KeyStore::new(keys));
        let trust = Trust { issuers: vec![Trusted { issuer: issuer.clone(), keys }] };
        self.realm.get_or_insert_with(|| issuer.clone());
        if self.audiences.is_empty() && !self.any_audience {
            self.audiences.push(issuer.clone());
        }
        self.finish(trust, issuer).map(Backend::new)
    }
}

impl<A: AuthBackend> Builder<A, VerifyOnly> {
    /// Checks every setting. Keys that are fetched are fetched by the first request.
    ///
    /// # Errors
    ///
    /// [`BuildError`] names every setting that is wrong, and says what to write.
    pub fn build(mut self) -> Result<Backend<A, VerifyOnly>, BuildError> {
        let mut mistakes = Mistakes::default();
        self.check_identity(&mut mistakes);
        let mut issuers = Vec::new();
        for (issuer, keys) in std::mem::take(&mut self.trusted) {
            if let Some(keys) = mistakes.value("trust", keys.into_source(&issuer)) {
                issuers.push(Trusted { issuer, keys });
            }
        }
        let first = issuers.first().map(|trusted| trusted.issuer.clone());
        let realm = self.audiences.first().cloned().or_else(|| first.clone());
        self.check(realm.as_deref(), &mut mistakes);
        let Some(issuer) = first else { return Err(mistakes.into_error()) };
        mistakes.finish()?;
        self.realm = self.realm.take().or(realm);
        self.finish(Trust { issuers }, issuer).map(Backend::new)
    }
}

impl<A: AuthBackend, M: Mode> Builder<A, M> {
    /// Makes the backend from settings that were checked.
    fn finish(self, trust: Trust, issuer: String) -> Result<Arc<Inner<A>>, BuildError> {
        let (spec, issues) = (A::SPEC, M::ISSUES);
        let store = self.store.or_else(|| issues.then(|| Arc::new(MemoryStore::new()) as _));
        let metadata_url = self.resource_metadata.as_ref().and_then(ResourceMetadata::url);
        let presentation =
            Presentation::new(self.realm.as_deref().unwrap_or(&issuer), metadata_url.as_deref(), self.render)
                .ok_or("`realm` or `resource_metadata` cannot be sent in a header")?;
        let clients = Clients::new(self.clients)?;
        let header = spec.header.map(|name| HeaderName::from_bytes(name.as_bytes())).transpose();
        let clocks_apart = whole_seconds(self.clocks_apart);
        let rules = Rules { clocks_apart, max_sessions: self.max_sessions, ..Rules::default() };
        let staleness = self.revocation_staleness.as_secs();
        let sessions =
            store.map(|store| Sessions::new(store, self.store_timeout, staleness, rules, Arc::clone(&self.clock)));
        let max_lifetime = self.max_lifetime.unwrap_or(DEFAULT_MAX_LIFETIME.max(self.lifetime));
        let remembered = self.token_cache.unwrap_or(if trust.has_secrets_alone() { 0 } else { DEFAULT_TOKEN_CACHE });
        Ok(Arc::new(Inner {
            user_cache: UserCache::new(self.user_cache.as_secs()),
            token_cache: (remembered > 0).then(|| TokenCache::new(remembered)),
            config: self.config,
            trust,
            client_id: self.client_id.unwrap_or_else(|| issuer.clone()),
            issuer,
            issues,
            policy: Policy {
                audience: audience(self.audiences, self.any_audience, self.strict_audience),
                types: self.types,
                leeway: self.leeway.unwrap_or_default().as_secs(),
                // Another instance may be ahead, and after a sign-out everywhere a sign-in is dated up to so late.
                start_leeway: self.leeway.map_or_else(|| rules.stale_for(), |leeway| leeway.as_secs()),
                max_lifetime: max_lifetime.as_secs(),
                required: self.required,
            },
            judges_at_once: sessions.as_ref().is_none_or(Sessions::answers_at_once)
                && !spec.looks_up
                && !spec.asks_revoked,
            clock: self.clock,
            sessions,
            sources: Sources {
                header: header.map_err(|_| "`header` is not a header name")?,
                cookie: spec.cookie.map(|cookie| cookie.name),
            },
            resource_metadata: self
                .resource_metadata
                .map(|metadata| metadata.with_scopes(spec.scopes.iter().map(|scope| scope.name))),
            exclude: ExcludeSet::new(spec.open_patterns(issues)),
            presentation: Arc::new(presentation),
            allowed_origins: self.allowed_origins,
            lifetime: self.lifetime.as_secs(),
            refresh: self.refresh,
            refresh_cookie: RefreshCookie::of(&spec),
            clients,
            passwords: Passwords::new(self.passwords, self.store_timeout),
        }))
    }
}

/// Rounded up, because clocks that are further apart than we think let a sign-in survive a sign-out everywhere.
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

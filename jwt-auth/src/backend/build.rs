//! `build()`: every setting is checked before the first request.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderName;

use super::build_error::BuildError;
use super::builder::Builder;
use super::exclude::ExcludeSet;
use super::memory::answers_at_once;
use super::mode::VerifyOnly;
use super::refresh_policy::RefreshTokens;
use super::unrevoked::Unrevoked;
use super::{AuthBackend, Backend, Inner, Memory, RefreshCookie, UserCache};
use crate::credential::Sources;
use crate::oauth2::Clients;
use crate::rejection::Presentation;
use crate::store::MemoryStore;
use crate::token::{Audience, KeyError, KeySource, KeyStore, Policy, TokenCache, Trust, Trusted};

const MAX_LEEWAY: Duration = Duration::from_secs(300);
const DEFAULT_TOKEN_CACHE: usize = 10_000;
const MAX_USER_CACHE: Duration = Duration::from_secs(300);
const MAX_STALENESS: Duration = Duration::from_secs(60);
const DEFAULT_MAX_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

impl<A: AuthBackend> Builder<A> {
    /// Checks every setting, and that what the key signs verifies.
    ///
    /// # Errors
    ///
    /// [`BuildError`] names the setting and says what to write.
    pub fn build(mut self) -> Result<Backend<A>, BuildError> {
        let keys = self.keys.take().ok_or("`keys` is missing; call `.keys(Keys::hs256_from_env(\"JWT_SECRET\")?)`")?;
        let issuer = self
            .issuer
            .take()
            .ok_or("`issuer` is missing; call `.issuer(\"https://api.example.com\")` with the name of your service")?;
        if issuer.is_empty() {
            return Err("`issuer` is empty; name your service, such as `https://api.example.com`".into());
        }
        if self.lifetime.as_secs() == 0 {
            return Err("`lifetime` is shorter than a second; leave it out for one hour".into());
        }
        if self.max_lifetime.is_some_and(|max| max < self.lifetime) {
            return Err("`lifetime` is longer than `max_lifetime`; no token would be accepted".into());
        }
        if self.client_id.as_ref().is_some_and(String::is_empty) {
            return Err("`client_id` is empty; leave it out for the issuer".into());
        }
        let keys =
            keys.into_ring().map(KeyStore::new).map(KeySource::Store).map_err(|error| in_setting("keys", &error))?;
        let trust = Trust { issuers: vec![Trusted { issuer: issuer.clone(), keys }] };
        let own = issuer.clone();
        self.finish(trust, issuer, true, Some(own)).map(Backend::new)
    }
}

impl<A: AuthBackend> Builder<A, VerifyOnly> {
    /// Checks every setting. Keys that are fetched are fetched by the first request.
    ///
    /// # Errors
    ///
    /// [`BuildError`] names the setting and says what to write.
    pub fn build(mut self) -> Result<Backend<A, VerifyOnly>, BuildError> {
        let mut issuers: Vec<Trusted> = Vec::new();
        for (issuer, keys) in std::mem::take(&mut self.trusted) {
            if issuer.is_empty() || issuers.iter().any(|trusted| trusted.issuer == issuer) {
                return Err("`trust` names an issuer twice, or an empty one; give each its keys in one call".into());
            }
            let keys = keys.into_source(&issuer).map_err(|error| in_setting("trust", &error))?;
            issuers.push(Trusted { issuer, keys });
        }
        let first = issuers.first().map(|trusted| trusted.issuer.clone());
        let issuer = first.ok_or(
            "`trust` is missing; call `.trust(\"https://id.example.com\", keys)` with the issuer of the tokens",
        )?;
        if self.audiences.is_empty() && !self.any_audience {
            return Err("`audience` is missing; call `.audience(\"https://api.example.com\")` with the name that the issuer's tokens have for this service".into());
        }
        self.realm = self.realm.take().or_else(|| self.audiences.first().cloned());
        self.finish(Trust { issuers }, issuer, false, None).map(Backend::new)
    }
}

impl<A: AuthBackend, M> Builder<A, M> {
    fn finish(
        self,
        trust: Trust,
        issuer: String,
        issues: bool,
        default_audience: Option<String>,
    ) -> Result<Arc<Inner<A>>, BuildError> {
        let audience = audience(default_audience, self.audiences, self.any_audience, self.strict_audience)?;
        if self.leeway > MAX_LEEWAY {
            return Err("`leeway` is longer than 300 seconds".into());
        }
        if let Some(mistake) = self.refresh.as_ref().and_then(RefreshTokens::mistake) {
            return Err(mistake.into());
        }
        if self.store_timeout.is_zero() {
            return Err("`store_timeout` is zero; every request would be refused".into());
        }
        let store = self.store.or_else(|| issues.then(|| Arc::new(MemoryStore::new()) as _));
        if let Some(mistake) = staleness_mistake(self.revocation_staleness, store.is_some()) {
            return Err(mistake.into());
        }
        if self.types.iter().any(String::is_empty) {
            return Err("`accept_type` is empty; name a `typ` such as `JWT`".into());
        }
        if self.required.iter().any(String::is_empty) {
            return Err("`require_claims` holds an empty name".into());
        }
        if !self.allowed_origins.iter().all(|origin| is_origin(origin)) {
            return Err("`allowed_origin` is not `scheme://host[:port]` in lower case and without a path".into());
        }
        let spec = A::SPEC;
        if spec.cookie.is_some_and(|cookie| !cookie.secure) && !self.insecure_cookie {
            return Err("`cookie(secure = false)` sends the token in the clear; remove it, or confirm it with `.insecure_cookie()`".into());
        }
        if !self.user_cache.is_zero() && (self.user_cache.as_secs() == 0 || self.user_cache > MAX_USER_CACHE) {
            return Err("`user_cache` is shorter than a second or longer than 300 seconds".into());
        }
        if !self.user_cache.is_zero() && !spec.looks_up {
            return Err(
                "`user_cache` needs a declaration with `retrieve_user`: this user is rebuilt from each token".into()
            );
        }
        let metadata_url = match &self.resource_metadata {
            Some(metadata) => {
                Some(metadata.url().ok_or("`resource_metadata` is not of an `https` URL without query and fragment")?)
            }
            None => None,
        };
        let presentation = Presentation::new(self.realm.as_deref().unwrap_or(&issuer), metadata_url.as_deref(), self.render)
            .ok_or("`realm`, which is the issuer by default, is empty or holds a quote, a backslash or other than visible ASCII")?;
        let declared: Vec<&str> = spec.scopes.iter().map(|scope| scope.name).collect();
        let clients = Clients::new(self.clients, &declared).map_err(|mistake| format!("`client`: {mistake}"))?;
        if spec.introspect_url.is_some() && issues && !clients.has_confidential() {
            return Err("`client` is missing: `introspect_url` answers only who proves who it is; call `.client(Client::confidential(id, secret))`".into());
        }
        if spec.refresh_url.is_some() && issues && self.refresh.is_none() {
            return Err("`refresh_tokens` is missing, and `refresh_url` is declared; call `.refresh_tokens(RefreshTokens::new())`".into());
        }
        let header = spec.header.map(|name| HeaderName::from_bytes(name.as_bytes())).transpose();
        // Another backend on the same store may continue sessions where this one does not.
        let longest_session = self.refresh.unwrap_or_default().absolute.as_secs();
        let has_answers_at_hand = store.as_ref().is_none_or(|store| answers_at_once(&**store));
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
                audience,
                types: self.types,
                leeway: self.leeway.as_secs(),
                max_lifetime: max_lifetime.as_secs(),
                required: self.required,
            },
            judges_at_once: has_answers_at_hand && !spec.looks_up && !spec.asks_revoked,
            clock: self.clock,
            memory: store.map(|store| Memory {
                store,
                timeout: self.store_timeout,
                unrevoked: Unrevoked::new(self.revocation_staleness.as_secs()),
                longest_session,
            }),
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
            throttle: self.throttle,
        }))
    }
}

fn staleness_mistake(staleness: Duration, has_store: bool) -> Option<&'static str> {
    if staleness.is_zero() {
        None
    } else if staleness < Duration::from_secs(1) {
        Some("`revocation_staleness` is shorter than a second; leave it out, and every request asks the store")
    } else if staleness > MAX_STALENESS {
        Some("`revocation_staleness` is longer than 60 seconds; a revoked token would be accepted for so long")
    } else if !has_store {
        Some("`revocation_staleness` is set and there is no store; name one with `.store(...)`, or leave it out")
    } else {
        None
    }
}

fn in_setting(setting: &str, error: &KeyError) -> BuildError {
    BuildError::from(format!("`{setting}`: {error}"))
}

fn audience(default: Option<String>, mut named: Vec<String>, any: bool, strict: bool) -> Result<Audience, BuildError> {
    if named.iter().any(String::is_empty) {
        return Err("`audience` is empty; leave it out for the issuer".into());
    }
    if any && (strict || !named.is_empty()) {
        return Err("`any_audience` contradicts `audience` and `strict_audience`; leave one of them out".into());
    }
    if any {
        return Ok(Audience::Any);
    }
    if named.is_empty() {
        named.extend(default);
    }
    match (strict, named.pop()) {
        (true, Some(only)) if named.is_empty() => Ok(Audience::Exactly(only)),
        (true, _) => Err("`strict_audience` needs exactly one `audience`".into()),
        (false, last) => {
            named.extend(last);
            Ok(Audience::OneOf(named))
        }
    }
}

/// The serialized origin of RFC 6454 section 6.2, which is what browsers send.
fn is_origin(origin: &str) -> bool {
    let Some((scheme, authority)) = origin.split_once("://") else { return false };
    let legal = |byte: u8| byte.is_ascii_graphic() && !byte.is_ascii_uppercase() && !b"/?#@\\".contains(&byte);
    matches!(scheme, "https" | "http") && !authority.is_empty() && authority.bytes().all(legal)
}

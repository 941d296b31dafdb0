//! `build()`: every setting is checked before the first request.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderName;

use super::build_error::BuildError;
use super::builder::Builder;
use super::exclude::ExcludeSet;
use super::mode::VerifyOnly;
use super::refresh_policy::RefreshTokens;
use super::{AuthBackend, Backend, Inner, Memory};
use crate::credential::Sources;
use crate::rejection::Presentation;
use crate::store::MemoryStore;
use crate::token::{Audience, KeyError, KeySource, KeyStore, Policy, Trust, Trusted};

const MAX_LEEWAY: Duration = Duration::from_secs(300);
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
        let metadata_url = match &self.resource_metadata {
            Some(metadata) => {
                Some(metadata.url().ok_or("`resource_metadata` is not of an `https` URL without query and fragment")?)
            }
            None => None,
        };
        let presentation = Presentation::new(self.realm.as_deref().unwrap_or(&issuer), metadata_url.as_deref(), self.render)
            .ok_or("`realm`, which is the issuer by default, is empty or holds a quote, a backslash or other than visible ASCII")?;
        let header = spec.header.map(|name| HeaderName::from_bytes(name.as_bytes())).transpose();
        // Another backend on the same store may continue sessions where this one does not.
        let longest_session = self.refresh.unwrap_or_default().absolute.as_secs();
        let max_lifetime = self.max_lifetime.unwrap_or(DEFAULT_MAX_LIFETIME.max(self.lifetime));
        Ok(Arc::new(Inner {
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
            clock: self.clock,
            memory: self.store.or_else(|| issues.then(|| Arc::new(MemoryStore::new()) as _)).map(|store| Memory {
                store,
                timeout: self.store_timeout,
                longest_session,
            }),
            sources: Sources {
                header: header.map_err(|_| "`header` is not a header name")?,
                cookie: spec.cookie.map(|cookie| cookie.name),
            },
            resource_metadata: self
                .resource_metadata
                .map(|metadata| metadata.with_scopes(spec.scopes.iter().map(|scope| scope.name))),
            exclude: ExcludeSet::new(spec.open_patterns()),
            presentation: Arc::new(presentation),
            allowed_origins: self.allowed_origins,
            lifetime: self.lifetime.as_secs(),
            refresh: self.refresh,
            throttle: self.throttle,
        }))
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

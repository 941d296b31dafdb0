//! What differs between deployments, checked by `build()` so that no request meets a wrong setting.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::response::Response;
use http::HeaderName;

use super::build_error::BuildError;
use super::exclude::ExcludeSet;
use super::{AuthBackend, Backend, Inner};
use crate::clock::{Clock, SystemClock};
use crate::credential::Sources;
use crate::rejection::{Presentation, Rejection, Renderer};
use crate::token::{Audience, Keys, Policy};

const DEFAULT_LIFETIME: Duration = Duration::from_secs(60 * 60);
const MAX_LEEWAY: Duration = Duration::from_secs(300);

/// The settings of one deployment. Made by the `backend()` method of a config struct; [`build`](Self::build) checks
/// all of them. Keys and issuer are mandatory.
#[must_use = "a builder does nothing until `build()`"]
pub struct Builder<A> {
    config: A,
    keys: Option<Keys>,
    issuer: Option<String>,
    audiences: Vec<String>,
    any_audience: bool,
    strict_audience: bool,
    types: Vec<String>,
    lifetime: Duration,
    leeway: Duration,
    required: Vec<String>,
    clock: Box<dyn Clock>,
    realm: Option<String>,
    allowed_origins: Vec<String>,
    render: Option<Box<Renderer>>,
}

impl<A: AuthBackend> Builder<A> {
    /// What the `backend()` method of a config struct calls.
    pub fn new(config: A) -> Self {
        Self {
            config,
            keys: None,
            issuer: None,
            audiences: Vec::new(),
            any_audience: false,
            strict_audience: false,
            types: vec!["at+jwt".to_owned()],
            lifetime: DEFAULT_LIFETIME,
            leeway: Duration::ZERO,
            required: Vec::new(),
            clock: Box::new(SystemClock),
            realm: None,
            allowed_origins: Vec::new(),
            render: None,
        }
    }

    /// What tokens are signed and verified with. Mandatory.
    pub fn keys(self, keys: Keys) -> Self {
        Self { keys: Some(keys), ..self }
    }

    /// The `iss` claim of issued tokens, and the only one accepted, compared byte by byte (RFC 7519 section 4.1.1).
    /// Mandatory.
    pub fn issuer(self, issuer: impl Into<String>) -> Self {
        Self { issuer: Some(issuer.into()), ..self }
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

    /// How long issued tokens are valid, in whole seconds. One hour by default. Zero is an error of `build()`.
    pub fn lifetime(self, lifetime: Duration) -> Self {
        Self { lifetime, ..self }
    }

    /// By how much clocks may differ when `exp`, `nbf` and `iat` are checked, in whole seconds. Zero by default; more
    /// than 300 seconds is an error of `build()`.
    pub fn leeway(self, leeway: Duration) -> Self {
        Self { leeway, ..self }
    }

    /// Claims that a token must have; `null` counts as missing. `iss`, `sub`, `exp`, `iat`, `jti` and, unless
    /// [`any_audience`](Self::any_audience) is set, `aud` are always required.
    pub fn require_claims<I: IntoIterator<Item = S>, S: Into<String>>(mut self, names: I) -> Self {
        self.required.extend(names.into_iter().map(Into::into));
        self
    }

    /// Where the time comes from. [`SystemClock`] by default.
    pub fn clock(self, clock: impl Clock) -> Self {
        Self { clock: Box::new(clock), ..self }
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

    /// Replaces the body, or the whole answer, of refused requests. Where the answer keeps the rejection's status it
    /// gets the challenge, and `Cache-Control: no-store` unless it has another.
    ///
    /// ```no_run
    /// # use jwt_auth::{auth_backend, JwtUser, Keys};
    /// # #[derive(Clone, JwtUser)] struct User { #[jwt_user(id)] id: u64 }
    /// # #[auth_backend(kind = "bearer", user = User)] struct Auth;
    /// let auth = Auth.backend()
    ///     .keys(Keys::hs256_ephemeral()?)
    ///     .issuer("https://api.example.com")
    ///     .rejection_response(|rejection| (rejection.status(), rejection.detail()))
    ///     .build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn rejection_response<R: axum::response::IntoResponse>(
        self,
        render: impl Fn(&Rejection) -> R + Send + Sync + 'static,
    ) -> Self {
        let render = move |rejection: &Rejection| -> Response { render(rejection).into_response() };
        Self { render: Some(Box::new(render)), ..self }
    }

    /// Checks every setting.
    ///
    /// # Errors
    ///
    /// [`BuildError`] names the setting and says what to write.
    pub fn build(self) -> Result<Backend<A>, BuildError> {
        let keys =
            self.keys.ok_or(BuildError("`keys` is missing; call `.keys(Keys::hs256_from_env(\"JWT_SECRET\")?)`"))?;
        let issuer = self.issuer.ok_or(BuildError(
            "`issuer` is missing; call `.issuer(\"https://api.example.com\")` with the name of your service",
        ))?;
        if issuer.is_empty() {
            return Err(BuildError("`issuer` is empty; name your service, such as `https://api.example.com`"));
        }
        let audience = audience(&issuer, self.audiences, self.any_audience, self.strict_audience)?;
        if self.lifetime.as_secs() == 0 {
            return Err(BuildError("`lifetime` is shorter than a second; leave it out for one hour"));
        }
        if self.leeway > MAX_LEEWAY {
            return Err(BuildError("`leeway` is longer than 300 seconds"));
        }
        if self.types.iter().any(String::is_empty) {
            return Err(BuildError("`accept_type` is empty; name a `typ` such as `JWT`"));
        }
        if self.required.iter().any(String::is_empty) {
            return Err(BuildError("`require_claims` holds an empty name"));
        }
        if !self.allowed_origins.iter().all(|origin| is_origin(origin)) {
            return Err(BuildError("`allowed_origin` is not `scheme://host[:port]` in lower case and without a path"));
        }
        let presentation = Presentation::new(self.realm.as_deref().unwrap_or(&issuer), self.render)
            .ok_or(BuildError("`realm`, which is the issuer by default, is empty or holds a quote, a backslash or other than visible ASCII"))?;
        let spec = A::SPEC;
        let header = spec.header.map(|name| HeaderName::from_bytes(name.as_bytes())).transpose();
        let header = header.map_err(|_| BuildError("`header` is not a header name"))?;
        Ok(Backend {
            is_cross_site: false,
            inner: Arc::new(Inner {
                config: self.config,
                keys,
                policy: Policy {
                    issuer,
                    audience,
                    types: self.types,
                    leeway: self.leeway.as_secs(),
                    required: self.required,
                },
                clock: self.clock,
                sources: Sources { header, cookie: spec.cookie.map(|cookie| cookie.name) },
                exclude: ExcludeSet::new(spec.open_patterns()),
                presentation: Arc::new(presentation),
                allowed_origins: self.allowed_origins,
                lifetime: self.lifetime.as_secs(),
            }),
        })
    }
}

fn audience(issuer: &str, mut named: Vec<String>, any: bool, strict: bool) -> Result<Audience, BuildError> {
    if named.iter().any(String::is_empty) {
        return Err(BuildError("`audience` is empty; leave it out for the issuer"));
    }
    if any && (strict || !named.is_empty()) {
        return Err(BuildError("`any_audience` contradicts `audience` and `strict_audience`; leave one of them out"));
    }
    if any {
        return Ok(Audience::Any);
    }
    if named.is_empty() {
        named.push(issuer.to_owned());
    }
    match (strict, named.pop()) {
        (true, Some(only)) if named.is_empty() => Ok(Audience::Exactly(only)),
        (true, _) => Err(BuildError("`strict_audience` needs exactly one `audience`")),
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

impl<A> fmt::Debug for Builder<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").field("keys", &self.keys).field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

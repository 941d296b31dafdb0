//! What is the same in every deployment: the constants that `#[auth_backend]` writes.

use super::scope::ScopeSpec;

/// The shape of one backend. The macro writes it as a constant; everything else reads it: the guard, the login, the
/// document and the access map.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    pub(crate) kind: Kind,
    pub(crate) header: Option<&'static str>,
    pub(crate) cookie: Option<CookieSpec>,
    pub(crate) token_url: Option<&'static str>,
    pub(crate) exclude: &'static [Pattern],
    pub(crate) scheme_name: &'static str,
    pub(crate) description: Option<&'static str>,
    pub(crate) scopes: &'static [ScopeSpec],
}

/// The three kinds of backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Bearer,
    Cookie,
    OAuth2,
}

/// One entry of `exclude`, checked by the macro: no methods means all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pattern {
    pub(crate) methods: &'static [&'static str],
    pub(crate) path: &'static str,
}

/// The cookie that carries a token.
#[derive(Clone, Copy, Debug)]
pub struct CookieSpec {
    pub(crate) name: &'static str,
    pub(crate) path: &'static str,
    pub(crate) domain: Option<&'static str>,
    pub(crate) secure: bool,
    pub(crate) same_site: SameSite,
}

/// The `SameSite` attribute of a cookie (RFC 6265bis section 4.1.2.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SameSite {
    /// Never sent from another site.
    Strict,
    /// Sent from another site on top-level navigation by a safe method.
    Lax,
    /// Always sent; needs `Secure`.
    None,
}

impl Spec {
    /// `kind = "bearer"`.
    pub const fn bearer(scheme_name: &'static str) -> Self {
        Self::new(Kind::Bearer, scheme_name).header("authorization")
    }

    /// `kind = "cookie"`.
    pub const fn cookie_kind(scheme_name: &'static str) -> Self {
        Self::new(Kind::Cookie, scheme_name).cookie(CookieSpec::new())
    }

    /// `kind = "oauth2"`.
    pub const fn oauth2(scheme_name: &'static str, token_url: &'static str) -> Self {
        let spec = Self::new(Kind::OAuth2, scheme_name).header("authorization").cookie(CookieSpec::new());
        Self { token_url: Some(token_url), ..spec }
    }

    const fn new(kind: Kind, scheme_name: &'static str) -> Self {
        Self {
            kind,
            header: None,
            cookie: None,
            token_url: None,
            exclude: &[],
            scheme_name,
            description: None,
            scopes: &[],
        }
    }

    /// `header = "..."`.
    #[must_use]
    pub const fn header(self, name: &'static str) -> Self {
        Self { header: Some(name), ..self }
    }

    /// `cookie(...)`.
    #[must_use]
    pub const fn cookie(self, cookie: CookieSpec) -> Self {
        Self { cookie: Some(cookie), ..self }
    }

    /// `exclude = [...]`.
    #[must_use]
    pub const fn exclude(self, exclude: &'static [Pattern]) -> Self {
        Self { exclude, ..self }
    }

    /// `description = "..."`.
    #[must_use]
    pub const fn description(self, text: &'static str) -> Self {
        Self { description: Some(text), ..self }
    }

    /// `scopes(...)`.
    #[must_use]
    pub const fn scopes(self, scopes: &'static [ScopeSpec]) -> Self {
        Self { scopes, ..self }
    }
}

impl Spec {
    /// What is open: the exclude list, and the token URL by itself, for every method, so that a wrong one is answered
    /// 405 by the route.
    pub(crate) fn open_patterns(&self) -> impl Iterator<Item = Pattern> + use<> {
        let implied = self.token_url.map(|path| Pattern::new(&[], path));
        self.exclude.iter().copied().chain(implied)
    }
}

impl Pattern {
    /// One entry of `exclude`.
    pub const fn new(methods: &'static [&'static str], path: &'static str) -> Self {
        Self { methods, path }
    }
}

impl CookieSpec {
    /// `__Host-token`, `Path=/`, no `Domain`, `Secure`, `SameSite=Lax`.
    pub const fn new() -> Self {
        Self { name: "__Host-token", path: "/", domain: None, secure: true, same_site: SameSite::Lax }
    }

    /// `cookie(name = "...")`.
    #[must_use]
    pub const fn name(self, name: &'static str) -> Self {
        Self { name, ..self }
    }

    /// `cookie(path = "...")`.
    #[must_use]
    pub const fn path(self, path: &'static str) -> Self {
        Self { path, ..self }
    }

    /// `cookie(domain = "...")`.
    #[must_use]
    pub const fn domain(self, domain: &'static str) -> Self {
        Self { domain: Some(domain), ..self }
    }

    /// `cookie(secure = false)`.
    #[must_use]
    pub const fn secure(self, secure: bool) -> Self {
        Self { secure, ..self }
    }

    /// `cookie(same_site = "...")`.
    #[must_use]
    pub const fn same_site(self, same_site: SameSite) -> Self {
        Self { same_site, ..self }
    }
}

impl Default for CookieSpec {
    fn default() -> Self {
        Self::new()
    }
}

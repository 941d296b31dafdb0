//! The constants that `#[auth_backend]` writes. They are the same in every deployment.

use jwt_auth_grammar::cookie::Cookie;
use jwt_auth_grammar::pattern::Pattern;

use crate::declaration::scope::ScopeSpec;
use crate::declaration::scope::ScopeType;
pub use jwt_auth_grammar::cookie::SameSite;
pub(crate) use jwt_auth_grammar::endpoint::Endpoint;
pub(crate) use jwt_auth_grammar::kind::Kind;

/// The declaration of one backend, which the macro writes as a constant. The guard, the login, the OpenAPI document and
/// the access map read it.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    pub(crate) kind: Kind,
    pub(crate) header: Option<&'static str>,
    pub(crate) cookie: Option<CookieSpec>,
    pub(crate) token_url: Option<&'static str>,
    pub(crate) revoke_url: Option<&'static str>,
    pub(crate) introspect_url: Option<&'static str>,
    /// The path where a browser renews its session with the refresh cookie, which is sent to this path only.
    pub(crate) refresh_url: Option<&'static str>,
    /// The path of the metadata of the protected resource.
    pub(crate) resource: Option<&'static str>,
    /// Whether the declaration names an `authenticate` function, so that the library serves `token_url`.
    pub(crate) authenticates: bool,
    /// Whether `retrieve_user` looks users up. If not, they are rebuilt from the token.
    pub(crate) looks_up: bool,
    /// Whether the declaration names a `revoked` function.
    pub(crate) asks_revoked: bool,
    /// Patterns that the macro has checked.
    pub(crate) exclude: &'static [&'static str],
    pub(crate) scheme_name: &'static str,
    #[cfg_attr(not(feature = "openapi"), allow(dead_code, reason = "only the document shows it"))]
    pub(crate) description: Option<&'static str>,
    pub(crate) scopes: &'static [ScopeSpec],
}

/// What the declaration says about the cookie that carries a token. `build()` adds what differs between deployments.
#[derive(Clone, Copy, Debug)]
pub struct CookieSpec {
    pub(crate) name: &'static str,
    pub(crate) path: &'static str,
    pub(crate) same_site: SameSite,
}

impl Spec {
    /// `kind = "bearer"`.
    #[doc(hidden)]
    pub const fn bearer(scheme_name: &'static str) -> Self {
        Self::new(Kind::Bearer, scheme_name).header("authorization")
    }

    /// `kind = "cookie"`.
    #[doc(hidden)]
    pub const fn cookie_kind(scheme_name: &'static str) -> Self {
        Self::new(Kind::Cookie, scheme_name).cookie(CookieSpec::new())
    }

    /// `kind = "oauth2"`.
    #[doc(hidden)]
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
            revoke_url: None,
            introspect_url: None,
            refresh_url: None,
            resource: None,
            authenticates: false,
            looks_up: false,
            asks_revoked: false,
            exclude: &[],
            scheme_name,
            description: None,
            scopes: &[],
        }
    }

    /// `header = "..."`.
    #[doc(hidden)]
    #[must_use]
    pub const fn header(self, name: &'static str) -> Self {
        Self { header: Some(name), ..self }
    }

    /// `cookie(...)`.
    #[doc(hidden)]
    #[must_use]
    pub const fn cookie(self, cookie: CookieSpec) -> Self {
        Self { cookie: Some(cookie), ..self }
    }

    /// `cookie = false`.
    #[doc(hidden)]
    #[must_use]
    pub const fn without_cookie(self) -> Self {
        Self { cookie: None, ..self }
    }

    /// `revoke_url = "..."`.
    #[doc(hidden)]
    #[must_use]
    pub const fn revoke_url(self, path: &'static str) -> Self {
        Self { revoke_url: Some(path), ..self }
    }

    /// `introspect_url = "..."`.
    #[doc(hidden)]
    #[must_use]
    pub const fn introspect_url(self, path: &'static str) -> Self {
        Self { introspect_url: Some(path), ..self }
    }

    /// `refresh_url = "..."`.
    #[doc(hidden)]
    #[must_use]
    pub const fn refresh_url(self, path: &'static str) -> Self {
        Self { refresh_url: Some(path), ..self }
    }

    /// `resource = "..."`, with the path of its metadata.
    #[doc(hidden)]
    #[must_use]
    pub const fn resource(self, metadata_path: &'static str) -> Self {
        Self { resource: Some(metadata_path), ..self }
    }

    /// `exclude = [...]`.
    #[doc(hidden)]
    #[must_use]
    pub const fn exclude(self, exclude: &'static [&'static str]) -> Self {
        Self { exclude, ..self }
    }

    /// `authenticate = ...`.
    #[doc(hidden)]
    #[must_use]
    pub const fn authenticates(self) -> Self {
        Self { authenticates: true, ..self }
    }

    /// `retrieve_user = ...`.
    #[doc(hidden)]
    #[must_use]
    pub const fn looks_up(self) -> Self {
        Self { looks_up: true, ..self }
    }

    /// `revoked = ...`.
    #[doc(hidden)]
    #[must_use]
    pub const fn asks_revoked(self) -> Self {
        Self { asks_revoked: true, ..self }
    }

    /// `description = "..."`.
    #[doc(hidden)]
    #[must_use]
    pub const fn description(self, text: &'static str) -> Self {
        Self { description: Some(text), ..self }
    }

    /// `scopes(...)`.
    #[doc(hidden)]
    #[must_use]
    pub const fn scopes(self, scopes: &'static [ScopeSpec]) -> Self {
        Self { scopes, ..self }
    }
}

impl CookieSpec {
    /// The default name and attributes.
    pub const fn new() -> Self {
        let Cookie { name, path, same_site, .. } = Cookie::DEFAULT;
        Self { name, path, same_site }
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

impl Spec {
    /// Whether the granted scopes include the wanted one, or one that implies it.
    pub(crate) fn is_granted<'s>(&self, mut granted: impl Iterator<Item = &'s str>, wanted: &str) -> bool {
        let implies =
            |granted| self.scopes.iter().any(|scope| scope.implies.contains(&wanted) && scope.name == granted);
        granted.any(|granted| granted == wanted || implies(granted))
    }

    /// Whether this backend declares the scope type.
    pub(crate) fn declares(&self, scope: &ScopeType) -> bool {
        self.scopes.iter().any(|declared| declared.name == scope.name && (declared.id)() == (scope.id)())
    }
}

impl Spec {
    pub(crate) fn endpoints(&self) -> impl Iterator<Item = (Endpoint, &'static str)> + use<> {
        let spec = *self;
        Endpoint::ALL.into_iter().filter_map(move |endpoint| Some((endpoint, spec.path_of(endpoint)?)))
    }

    /// The path of the endpoint, if the declaration names one.
    const fn path_of(&self, endpoint: Endpoint) -> Option<&'static str> {
        match endpoint {
            Endpoint::Token => self.token_url,
            Endpoint::Revoke => self.revoke_url,
            Endpoint::Introspect => self.introspect_url,
            Endpoint::Refresh => self.refresh_url,
            Endpoint::ResourceMetadata => self.resource,
        }
    }

    /// The patterns of open requests: the `exclude` list and the paths of the endpoints. An endpoint is open for every
    /// method, so that its route can answer a wrong method with 405. If the backend issues no tokens (`issues` is
    /// false), it has fewer endpoints. Then `token_url` is added all the same, since the application may serve it itself.
    pub(crate) fn open_patterns(&self, issues: bool) -> impl Iterator<Item = Pattern<'static>> + use<> {
        let is_open = move |endpoint: Endpoint| issues || endpoint.serves_verifiers() || endpoint == Endpoint::Token;
        let endpoints = self.endpoints().filter(move |(endpoint, _)| is_open(*endpoint));
        self.exclude.iter().copied().chain(endpoints.map(|(_, path)| path)).map(Pattern::split)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::declaration::scope::Scope;

    enum Read {}
    enum OtherRead {}

    impl Scope for Read {
        const NAME: &'static str = "read";
    }

    impl Scope for OtherRead {
        const NAME: &'static str = "read";
    }

    // CLM-09
    #[test]
    fn a_scope_is_granted_by_itself_and_by_what_implies_it() {
        let spec = Spec::bearer("Auth").scopes(
            const {
                &[
                    ScopeSpec::of::<Read>("Read"),
                    ScopeSpec { name: "write", ..ScopeSpec::of::<Read>("Write").implying(&["read"]) },
                ]
            },
        );
        let is_granted = |granted: &str, wanted| spec.is_granted(granted.split(' '), wanted);
        assert!(is_granted("read", "read") && is_granted("x write", "read") && is_granted("x", "x"));
        assert!(!is_granted("read", "write") && !is_granted("Write", "read") && !is_granted("", "read"));
    }

    // ONE-02
    #[test]
    fn a_scope_type_belongs_to_the_backend_that_declares_it() {
        let spec = Spec::bearer("Auth").scopes(const { &[ScopeSpec::of::<Read>("Read")] });
        assert!(spec.declares(&ScopeType::of::<Read>()) && !spec.declares(&ScopeType::of::<OtherRead>()));
    }
}

//! The security schemes of a backend (OpenAPI 3.1 section 4.8.27).

use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, AuthorizationCode, Flow, HttpAuthScheme, HttpBuilder, OAuth2, OpenIdConnect, Password, Scopes,
    SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{Components, RefOr};

use crate::access::demand::Demand;
use crate::backend::{Mode, Stages};
use crate::declaration::spec::{Kind, Spec};
use crate::hooks::AuthBackend;
use crate::issuer::sign_in::SignIn;
use crate::issuer::trust::Other;
use crate::web::protect_error::ProtectError;

/// The schemes of a backend with their names. Each is one way to authenticate, so they are alternatives.
pub(crate) struct Schemes(Vec<(String, SecurityScheme)>);

impl Schemes {
    /// The schemes of the backend. Those of other issuers say where a client gets a token of theirs; they take the place of the
    /// scheme for a token that the client has somehow, unless an issuer does not say where.
    pub(crate) fn of<A: AuthBackend, M: Mode>(stages: &Stages<A>) -> Self {
        let spec = &A::SPEC;
        let cookie = stages.authenticator.sources.cookies.session.as_ref().map(|cookie| cookie.name.as_str());
        let deployment = Deployment { cookie, prefix: &stages.public_prefix };
        let mut schemes = if M::ISSUES { of_tokens(spec, deployment) } else { of_foreign_tokens(spec, deployment) };
        let is_header = spec.header.is_some_and(|header| header.eq_ignore_ascii_case("authorization"));
        if !is_header {
            return Self(schemes);
        }
        let described: Vec<Option<SecurityScheme>> =
            stages.authenticator.trust.others().iter().map(|other| of_issuer(other, spec)).collect();
        if !M::ISSUES && spec.kind != Kind::Cookie && !described.is_empty() && described.iter().all(Option::is_some) {
            schemes.retain(|(name, _)| name != spec.scheme_name);
        }
        for scheme in described.into_iter().flatten() {
            let names = std::iter::once(spec.scheme_name.to_owned());
            let mut names = names.chain((1_u32..).map(|number| match number {
                1 => format!("{}Issuer", spec.scheme_name),
                number => format!("{}Issuer{number}", spec.scheme_name),
            }));
            let free = names.find(|name| !schemes.iter().any(|(known, _)| known == name));
            schemes.extend(free.map(|name| (name, scheme)));
        }
        Self(schemes)
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// One requirement for each alternative of the demand and each scheme.
    pub(crate) fn requirements(&self, demand: &Demand) -> Vec<SecurityRequirement> {
        let by_each =
            |scopes: Vec<&'static str>| self.names().map(move |name| SecurityRequirement::new(name, scopes.clone()));
        demand.alternatives().flat_map(|set| by_each(set.collect()).collect::<Vec<_>>()).collect()
    }

    /// Adds the schemes to the document.
    pub(crate) fn add_to(&self, components: &mut Components) -> Result<(), ProtectError> {
        self.0.iter().try_for_each(|(name, scheme)| add_scheme(components, name.clone(), scheme.clone()))
    }
}

/// How a client gets a token of another issuer and sends it.
fn of_issuer(other: &Other, spec: &Spec) -> Option<SecurityScheme> {
    let Other::One(trusted) = other else { return None };
    let described = format!("A token of `{}`.", trusted.name);
    match &trusted.sign_in {
        SignIn::OpenIdConnect(url) => {
            Some(SecurityScheme::OpenIdConnect(OpenIdConnect::with_description(url, &described)))
        }
        SignIn::AuthorizationCode { authorize, token } => {
            let scopes = Scopes::from_iter(spec.scopes.iter().map(|scope| (scope.name, scope.description)));
            let flow = Flow::AuthorizationCode(AuthorizationCode::new(authorize, token, scopes));
            Some(SecurityScheme::OAuth2(OAuth2::with_description([flow], described)))
        }
        SignIn::Unknown => None,
    }
}

/// The schemes of a backend that issues no tokens, and so has no token endpoint.
fn of_foreign_tokens(spec: &Spec, deployment: Deployment<'_>) -> Vec<(String, SecurityScheme)> {
    let mut schemes = of_tokens(spec, deployment);
    if spec.kind == Kind::OAuth2 {
        let header = by_header(spec.header.unwrap_or("Authorization"), spec);
        for (_, scheme) in schemes.iter_mut().filter(|(name, _)| name == spec.scheme_name) {
            *scheme = header.clone();
        }
    }
    schemes
}

/// What differs between deployments.
#[derive(Clone, Copy)]
struct Deployment<'d> {
    /// The name of the cookie.
    cookie: Option<&'d str>,
    /// The path below which browsers see the token URL.
    prefix: &'d str,
}

/// The schemes of the backend's own tokens.
fn of_tokens(spec: &Spec, Deployment { cookie, prefix }: Deployment<'_>) -> Vec<(String, SecurityScheme)> {
    let name = spec.scheme_name;
    let cookie = cookie.map(|name| SecurityScheme::ApiKey(ApiKey::Cookie(described(name, spec))));
    let header = spec.header.map(|header| by_header(header, spec));
    match spec.kind {
        Kind::Bearer => header.map(|scheme| (name.to_owned(), scheme)).into_iter().collect(),
        Kind::Cookie => {
            let cookie = cookie.map(|scheme| (name.to_owned(), scheme));
            cookie.into_iter().chain(header.map(|scheme| (format!("{name}Header"), scheme))).collect()
        }
        Kind::OAuth2 => {
            let oauth2 = (name.to_owned(), by_password(spec, prefix));
            std::iter::once(oauth2).chain(cookie.map(|scheme| (format!("{name}Cookie"), scheme))).collect()
        }
    }
}

fn by_header(header: &'static str, spec: &Spec) -> SecurityScheme {
    if header.eq_ignore_ascii_case("authorization") {
        let http = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT");
        SecurityScheme::Http(http.description(Some(description(spec))).build())
    } else {
        SecurityScheme::ApiKey(ApiKey::Header(described(header, spec)))
    }
}

fn by_password(spec: &Spec, prefix: &str) -> SecurityScheme {
    let scopes = Scopes::from_iter(spec.scopes.iter().map(|scope| (scope.name, scope.description)));
    let flow = Flow::Password(Password::new(format!("{prefix}{}", spec.token_url.unwrap_or_default()), scopes));
    SecurityScheme::OAuth2(OAuth2::with_description([flow], description(spec)))
}

fn described(name: &str, spec: &Spec) -> ApiKeyValue {
    ApiKeyValue::with_description(name, description(spec))
}

/// The same texts as Litestar's, the framework that this library follows.
fn description(spec: &Spec) -> &'static str {
    spec.description.unwrap_or(match spec.kind {
        Kind::Bearer => "JWT api-key authentication and authorization.",
        Kind::Cookie => "JWT cookie-based authentication and authorization.",
        Kind::OAuth2 => "OAUTH2 password bearer authentication and authorization.",
    })
}

/// Adds a security scheme. Fails if the document has another scheme with this name.
pub(crate) fn add_scheme(
    components: &mut Components,
    name: String,
    scheme: SecurityScheme,
) -> Result<(), ProtectError> {
    match components.security_schemes.get(&name) {
        Some(RefOr::T(other)) if *other == scheme => {}
        Some(_) => return Err(ProtectError::SchemeName(name)),
        None => drop(components.security_schemes.insert(name, RefOr::T(scheme))),
    }
    Ok(())
}

//! The security schemes of a backend (OpenAPI 3.1 section 4.8.27).

use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, Flow, HttpAuthScheme, HttpBuilder, OAuth2, Password, Scopes, SecurityRequirement,
    SecurityScheme,
};
use utoipa::openapi::{Components, RefOr};

use crate::access::demand::Demand;
use crate::declaration::spec::{Kind, Spec};
use crate::web::protect_error::ProtectError;

/// The schemes with their names. Each is one way to authenticate, so they are alternatives.
pub(crate) fn schemes(spec: &Spec) -> Vec<(String, SecurityScheme)> {
    let name = spec.scheme_name;
    let cookie = spec.cookie.map(|cookie| SecurityScheme::ApiKey(ApiKey::Cookie(described(cookie.name, spec))));
    let header = spec.header.map(|header| by_header(header, spec));
    match spec.kind {
        Kind::Bearer => header.map(|scheme| (name.to_owned(), scheme)).into_iter().collect(),
        Kind::Cookie => {
            let cookie = cookie.map(|scheme| (name.to_owned(), scheme));
            cookie.into_iter().chain(header.map(|scheme| (format!("{name}Header"), scheme))).collect()
        }
        Kind::OAuth2 => {
            let oauth2 = (name.to_owned(), by_password(spec));
            std::iter::once(oauth2).chain(cookie.map(|scheme| (format!("{name}Cookie"), scheme))).collect()
        }
    }
}

/// One requirement for each alternative of the demand and each scheme.
pub(crate) fn requirements(spec: &Spec, demand: &Demand) -> Vec<SecurityRequirement> {
    let schemes = schemes(spec);
    let by_each =
        |scopes: Vec<&'static str>| schemes.iter().map(move |(name, _)| SecurityRequirement::new(name, scopes.clone()));
    demand.alternatives().flat_map(|set| by_each(set.collect())).collect()
}

fn by_header(header: &'static str, spec: &Spec) -> SecurityScheme {
    if header.eq_ignore_ascii_case("authorization") {
        let http = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT");
        SecurityScheme::Http(http.description(Some(description(spec))).build())
    } else {
        SecurityScheme::ApiKey(ApiKey::Header(described(header, spec)))
    }
}

fn by_password(spec: &Spec) -> SecurityScheme {
    let scopes = Scopes::from_iter(spec.scopes.iter().map(|scope| (scope.name, scope.description)));
    let flow = Flow::Password(Password::new(spec.token_url.unwrap_or_default(), scopes));
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

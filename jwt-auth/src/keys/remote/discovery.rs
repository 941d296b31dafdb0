//! The configuration that an issuer publishes (OpenID Connect Discovery 1.0).

use serde_json::Value;

use crate::keys::remote::url::split_origin;

/// Which `issuer` the configuration may name.
#[derive(Clone, Debug)]
pub(crate) enum NamedIssuer {
    /// The issuer that is trusted (section 4.3).
    Trusted,
    /// This text.
    Text(String),
    Any,
}

/// The URL of the configuration below an issuer or another base URL (section 4). A slash at the end is not doubled, and a URL
/// that already leads to a configuration stays as it is.
pub(crate) fn configuration_url(base: &str) -> String {
    if base.contains("/.well-known/") {
        return base.to_owned();
    }
    format!("{}/.well-known/openid-configuration", base.trim_end_matches('/'))
}

/// The URL of the keys, as the configuration says.
///
/// # Errors
///
/// A text that says what is wrong, for example that the configuration names another issuer (section 4.3).
pub(crate) fn jwks_uri(configuration: &[u8], trusted: &str, named: &NamedIssuer) -> Result<String, String> {
    let configuration: Value =
        serde_json::from_slice(configuration).map_err(|_| "the configuration of the issuer is not JSON".to_owned())?;
    let text = |name: &str| configuration.get(name).and_then(Value::as_str);
    let wanted = match named {
        NamedIssuer::Trusted => Some(trusted),
        NamedIssuer::Text(text) => Some(text.as_str()),
        NamedIssuer::Any => None,
    };
    if let Some(wanted) = wanted
        && text("issuer") != Some(wanted)
    {
        let found = text("issuer").map_or_else(
            || "names no issuer".to_owned(),
            |found| format!("names the issuer `{}`", found.escape_debug()),
        );
        return Err(format!(
            "the configuration {found} instead of `{}`; trust the issuer by the name in its tokens, or allow the name in the configuration with `discovery_issuer`",
            wanted.escape_debug()
        ));
    }
    text("jwks_uri").map(str::to_owned).ok_or_else(|| "the configuration has no `jwks_uri`".into())
}

/// The URL at which the keys are asked for: if the issuer's configuration was reached under another address, `base`, then its
/// keys are there too.
pub(crate) fn reached_at(base: &str, issuer: &str, jwks_uri: String) -> String {
    match (split_origin(base), split_origin(issuer), split_origin(&jwks_uri)) {
        (Some((inside, _)), Some((outside, _)), Some((origin, rest))) if origin.eq_ignore_ascii_case(outside) => {
            format!("{inside}{rest}")
        }
        _ => jwks_uri,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // CLM-06
    #[test]
    fn a_configuration_must_name_its_own_issuer() {
        assert_eq!(configuration_url("https://a.test/"), "https://a.test/.well-known/openid-configuration");
        assert_eq!(configuration_url("https://a.test/x"), "https://a.test/x/.well-known/openid-configuration");
        let whole = "https://a.test/.well-known/oauth-authorization-server/x";
        assert_eq!(configuration_url(whole), whole);
        let read = |json: &str| jwks_uri(json.as_bytes(), "https://a.test", &NamedIssuer::Trusted);
        assert_eq!(read(r#"{"issuer":"https://a.test","jwks_uri":"https://a.test/k"}"#).unwrap(), "https://a.test/k");
        for json in [
            r#"{"issuer":"https://a.test/","jwks_uri":"https://a.test/k"}"#,
            r#"{"issuer":"https://b.test","jwks_uri":"https://a.test/k"}"#,
            r#"{"jwks_uri":"https://a.test/k"}"#,
            r#"{"issuer":"https://a.test"}"#,
            r#"{"issuer":["https://a.test"],"jwks_uri":"https://a.test/k"}"#,
            "",
            "[]",
        ] {
            assert!(read(json).is_err(), "{json}");
        }
        let other = r#"{"issuer":"https://b.test/{tenantid}","jwks_uri":"https://b.test/k"}"#;
        let error = read(other).unwrap_err();
        assert!(error.contains("https://b.test/{tenantid}") && error.contains("`https://a.test`"), "{error}");
        let named = |named| jwks_uri(other.as_bytes(), "https://a.test", &named);
        assert!(
            named(NamedIssuer::Any).is_ok() && named(NamedIssuer::Text("https://b.test/{tenantid}".into())).is_ok()
        );
        assert!(named(NamedIssuer::Text("https://b.test".into())).is_err());
    }

    #[test]
    fn keys_at_the_outside_address_are_asked_at_the_inside_address() {
        let (inside, outside) = ("http://keycloak:8080/realms/shop", "https://id.test/realms/shop");
        let at = |uri: &str| reached_at(inside, outside, uri.into());
        assert_eq!(at("https://id.test/realms/shop/certs"), "http://keycloak:8080/realms/shop/certs");
        assert_eq!(at("https://ID.test/certs?x"), "http://keycloak:8080/certs?x");
        for other in ["https://id.test:8443/certs", "https://keys.test/certs", "http://keycloak:8080/certs", "x"] {
            assert_eq!(at(other), other);
        }
        assert_eq!(reached_at(inside, "id.test", "https://id.test/certs".into()), "https://id.test/certs");
    }
}

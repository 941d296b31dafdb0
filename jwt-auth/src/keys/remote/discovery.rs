//! OpenID Connect Discovery 1.0: where an issuer publishes its keys.

use serde_json::Value;

/// Section 4: below the issuer, without a slash twice.
pub(crate) fn configuration_url(issuer: &str) -> String {
    format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'))
}

/// The URL of the keys, if the configuration is this issuer's (section 4.3).
pub(crate) fn jwks_uri(configuration: &[u8], issuer: &str) -> Result<String, String> {
    let configuration: Value =
        serde_json::from_slice(configuration).map_err(|_| "the issuer's configuration is no JSON".to_owned())?;
    let text = |name: &str| configuration.get(name).and_then(Value::as_str);
    if text("issuer") != Some(issuer) {
        return Err("the configuration is of another issuer".into());
    }
    text("jwks_uri").map(str::to_owned).ok_or_else(|| "the configuration names no `jwks_uri`".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    // CLM-06
    #[test]
    fn a_configuration_speaks_for_its_own_issuer_only() {
        assert_eq!(configuration_url("https://a.test/"), "https://a.test/.well-known/openid-configuration");
        assert_eq!(configuration_url("https://a.test/x"), "https://a.test/x/.well-known/openid-configuration");
        let read = |json: &str| jwks_uri(json.as_bytes(), "https://a.test");
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
    }
}

//! OpenID Connect Discovery 1.0: where an issuer publishes its keys.

use serde_json::Value;

/// The URL of the issuer's configuration (section 4). A slash at the end of the issuer is not doubled.
pub(crate) fn configuration_url(issuer: &str) -> String {
    format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'))
}

/// The URL of the keys. Fails if the configuration names another issuer (section 4.3).
pub(crate) fn jwks_uri(configuration: &[u8], issuer: &str) -> Result<String, String> {
    let configuration: Value =
        serde_json::from_slice(configuration).map_err(|_| "the issuer's configuration is not JSON".to_owned())?;
    let text = |name: &str| configuration.get(name).and_then(Value::as_str);
    if text("issuer") != Some(issuer) {
        return Err("the configuration names another issuer".into());
    }
    text("jwks_uri").map(str::to_owned).ok_or_else(|| "the configuration has no `jwks_uri`".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    // CLM-06
    #[test]
    fn a_configuration_must_name_its_own_issuer() {
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

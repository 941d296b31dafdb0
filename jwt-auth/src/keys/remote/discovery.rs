//! Where the keys of an issuer are, and which URLs may be fetched.

use serde_json::Value;

/// The URL of the issuer's configuration (OpenID Connect Discovery 1.0 section 4). A slash at the end of the issuer is not
/// doubled.
pub(crate) fn configuration_url(issuer: &str) -> String {
    format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'))
}

/// The URL of the keys. Fails if the configuration names another issuer (OpenID Connect Discovery 1.0 section 4.3).
pub(crate) fn jwks_uri(configuration: &[u8], issuer: &str) -> Result<String, String> {
    let configuration: Value =
        serde_json::from_slice(configuration).map_err(|_| "the issuer's configuration is not JSON".to_owned())?;
    let text = |name: &str| configuration.get(name).and_then(Value::as_str);
    if text("issuer") != Some(issuer) {
        return Err("the configuration names another issuer".into());
    }
    text("jwks_uri").map(str::to_owned).ok_or_else(|| "the configuration has no `jwks_uri`".into())
}

/// Whether the URL is `https`, or, if `http_on_loopback` is set, `http` on this machine.
pub(crate) fn is_allowed(url: &str, http_on_loopback: bool) -> bool {
    let legal = url.bytes().all(|byte| byte.is_ascii_graphic());
    if let Some(rest) = url.strip_prefix("https://") {
        return legal && !authority(rest).is_empty();
    }
    let Some(rest) = url.strip_prefix("http://").filter(|_| http_on_loopback && legal) else { return false };
    let authority = authority(rest);
    let host = match authority.strip_prefix('[') {
        Some(address) => address.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn authority(rest: &str) -> &str {
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    // A user name before the host can easily be mistaken for the host.
    if authority.contains(['@', '\\']) { "" } else { authority }
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

#[cfg(test)]
mod url_tests {
    use crate::keys::remote::discovery::is_allowed;

    // KEY-10
    #[test]
    fn keys_are_fetched_over_tls() {
        for url in ["https://id.example.com/jwks.json", "https://id.example.com:8443/x?y"] {
            assert!(is_allowed(url, false) && is_allowed(url, true), "{url}");
        }
        for url in ["http://127.0.0.1:8000/jwks", "http://localhost/jwks", "http://[::1]:80/jwks"] {
            assert!(!is_allowed(url, false) && is_allowed(url, true), "{url}");
        }
        for url in [
            "http://id.example.com/jwks",
            "http://localhost.example.com/",
            "http://127.0.0.1@example.com/",
            "http://127.0.0.1.example.com/",
            "https://",
            "https://user@host/",
            "HTTPS://id.example.com",
            "file:///etc/passwd",
            "ftp://localhost/",
            "https://id.example.com/a b",
            "//id.example.com",
            "",
        ] {
            assert!(!is_allowed(url, true), "{url}");
        }
    }
}

//! Which URLs keys may be fetched from.

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
    // With a user name in it, the host is easily mistaken.
    if authority.contains(['@', '\\']) { "" } else { authority }
}

#[cfg(test)]
mod tests {
    use crate::keys::remote::url::is_allowed;

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

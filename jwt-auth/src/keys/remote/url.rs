//! Which URLs may be fetched.

use std::net::IpAddr;

/// The hosts that may be asked by plain `http`. All others are asked by `https`.
#[derive(Clone, Debug, Default)]
pub(crate) struct PlainHttp {
    pub(crate) on_loopback: bool,
    pub(crate) hosts: Vec<String>,
}

impl PlainHttp {
    /// Checks that a URL may be fetched.
    ///
    /// # Errors
    ///
    /// A text that says what is wrong, and which setting allows it.
    pub(crate) fn check(&self, url: &str) -> Result<(), String> {
        let shown = url.escape_debug();
        let parts = Parts::of(url).ok_or_else(|| {
            format!("`{shown}` is not `https`, or not a URL of the form `https://host/path` without a user name")
        })?;
        let host = parts.host();
        let is_loopback = || host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        if parts.is_https
            || (self.on_loopback && is_loopback())
            || self.hosts.iter().any(|allowed| allowed.eq_ignore_ascii_case(host))
        {
            return Ok(());
        }
        Err(format!(
            "`{shown}` is not `https`; inside a network that you trust, allow plain http with `allow_http_to(\"{}\")`",
            host.escape_debug()
        ))
    }

    /// Checks the names of the hosts.
    pub(crate) fn check_hosts(&self) -> Result<(), String> {
        let is_name = |host: &&String| {
            !host.is_empty() && (host.parse::<IpAddr>().is_ok() || !host.contains(['/', ':', '@', '[', '*', ' ']))
        };
        match self.hosts.iter().find(|host| !is_name(host)) {
            Some(wrong) => Err(format!(
                "`allow_http_to` takes a host name without scheme, port and path, such as `keycloak`; `{}` is not one",
                wrong.escape_debug()
            )),
            None => Ok(()),
        }
    }
}

/// The origin of a URL, such as `https://id.example.com:8443`, and the rest of it.
pub(crate) fn split_origin(url: &str) -> Option<(&str, &str)> {
    let parts = Parts::of(url)?;
    let scheme = if parts.is_https { "https://".len() } else { "http://".len() };
    url.split_at_checked(scheme.saturating_add(parts.authority.len()))
}

struct Parts<'u> {
    is_https: bool,
    authority: &'u str,
}

impl<'u> Parts<'u> {
    /// `None` for another scheme, for an empty host, and for a user name before the host, which can easily be mistaken for
    /// the host.
    fn of(url: &'u str) -> Option<Self> {
        let (is_https, rest) = match url.strip_prefix("https://") {
            Some(rest) => (true, rest),
            None => (false, url.strip_prefix("http://")?),
        };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let is_legal = url.bytes().all(|byte| byte.is_ascii_graphic());
        let is_host = !authority.is_empty() && !authority.contains(['@', '\\']);
        (is_legal && is_host).then_some(Self { is_https, authority })
    }

    fn host(&self) -> &'u str {
        match self.authority.strip_prefix('[') {
            Some(address) => address.split(']').next().unwrap_or_default(),
            None => self.authority.split(':').next().unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // KEY-10
    #[test]
    fn keys_are_fetched_over_tls() {
        let none = PlainHttp::default();
        let loopback = PlainHttp { on_loopback: true, hosts: Vec::new() };
        let inside = PlainHttp { on_loopback: false, hosts: vec!["keycloak".into(), "fd00::1".into()] };
        for url in ["https://id.example.com/jwks.json", "https://id.example.com:8443/x?y"] {
            assert!([&none, &loopback, &inside].iter().all(|plain| plain.check(url).is_ok()), "{url}");
        }
        for url in ["http://127.0.0.1:8000/jwks", "http://localhost/jwks", "http://[::1]:80/jwks"] {
            assert!(none.check(url).is_err() && loopback.check(url).is_ok() && inside.check(url).is_err(), "{url}");
        }
        for url in ["http://keycloak:8080/realms/shop", "http://KEYCLOAK", "http://[fd00::1]:80/jwks"] {
            assert!(none.check(url).is_err() && loopback.check(url).is_err() && inside.check(url).is_ok(), "{url}");
        }
        for url in [
            "http://id.example.com/jwks",
            "http://localhost.example.com/",
            "http://127.0.0.1@example.com/",
            "http://127.0.0.1.example.com/",
            "http://keycloak.example.com/",
            "http://keycloak@example.com/",
            "http://example.com/keycloak",
            "https://",
            "https://user@host/",
            "HTTPS://id.example.com",
            "file:///etc/passwd",
            "ftp://localhost/",
            "https://id.example.com/a b",
            "//id.example.com",
            "",
        ] {
            assert!(loopback.check(url).is_err() && inside.check(url).is_err(), "{url}");
        }
        let error = none.check("http://keycloak:8080/x").unwrap_err();
        assert!(error.contains("allow_http_to(\"keycloak\")"), "{error}");
        for wrong in ["http://keycloak", "keycloak:8080", "", "*"] {
            let plain = PlainHttp { on_loopback: false, hosts: vec![wrong.into()] };
            assert!(plain.check_hosts().is_err(), "{wrong}");
        }
        assert_eq!(inside.check_hosts(), Ok(()));
    }

    #[test]
    fn the_origin_is_scheme_host_and_port() {
        assert_eq!(split_origin("https://a.test:1/x?y"), Some(("https://a.test:1", "/x?y")));
        assert_eq!(split_origin("http://a.test"), Some(("http://a.test", "")));
        assert_eq!(split_origin("accounts.example.com"), None);
    }
}

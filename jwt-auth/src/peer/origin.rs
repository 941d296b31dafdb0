//! Origins of pages (RFC 6454), in the form that browsers send.

use std::net::{Ipv4Addr, Ipv6Addr};

/// An origin that a setting names, in the form that browsers send it: in lower case, and without the default port of its scheme.
pub(crate) fn normalized(text: &str) -> Result<String, String> {
    let wrong = |why: &str| Err(format!("`{text}` {why}"));
    if text == "null" {
        return wrong(
            "is what browsers send for pages without an origin, so it could be anybody's; serve the page from a URL",
        );
    }
    let Some((scheme, authority)) = text.split_once("://") else {
        return wrong("has no scheme; write `https://app.example.com`");
    };
    match scheme {
        "ws" => return wrong("is the URL of a WebSocket; write the origin of the page that opens it, with `http`"),
        "wss" => return wrong("is the URL of a WebSocket; write the origin of the page that opens it, with `https`"),
        "file" | "data" | "blob" | "about" | "javascript" => {
            return wrong("never matches, because browsers send `null` for such pages");
        }
        "ftp" => return wrong("never matches, because browsers open no pages by FTP"),
        _ => {}
    }
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_lowercase())
        && scheme.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"+-.".contains(&byte));
    if !is_scheme {
        return wrong("has no scheme in lower case; write `https://app.example.com`");
    }
    if authority.contains(['/', '?', '#']) {
        return wrong(
            "has a path, a query or a slash at its end, which browsers do not send; write only `scheme://host[:port]`",
        );
    }
    if authority.contains('@') {
        return wrong("has a user name, which browsers do not send");
    }
    if !authority.bytes().all(|byte| byte.is_ascii_graphic() && !b"%\\\"<>^`{|}*".contains(&byte)) {
        return wrong("has a character that no origin has; write an international name in its ASCII form (`xn--...`)");
    }
    let (host, port) = split_port(authority);
    // Browsers write the hosts of `http` and `https` in lower case, and leave out their default ports. The hosts of other schemes,
    // such as `capacitor`, `tauri` and `chrome-extension`, are any text.
    let default_port = default_port(scheme);
    let host = match (default_port, host) {
        (_, "") => return wrong("has no host"),
        (None, host) => host.to_owned(),
        (Some(_), host) if host.bytes().any(|byte| byte.is_ascii_uppercase()) => {
            return wrong("has a host in upper case, and browsers send it in lower case");
        }
        (Some(_), host) => match canonical_host(host) {
            Some(host) => host,
            None => return wrong("has a host that is neither a name nor an IP address as browsers write it"),
        },
    };
    let Some(port) = port else { return Ok(format!("{scheme}://{host}")) };
    let Some(number) = port.parse::<u16>().ok().filter(|number| *number > 0 && number.to_string() == port) else {
        return wrong("has a port that is no number from 1 to 65535");
    };
    if default_port == Some(number) {
        Ok(format!("{scheme}://{host}"))
    } else {
        Ok(format!("{scheme}://{host}:{port}"))
    }
}

/// The host as browsers write it.
fn canonical_host(host: &str) -> Option<String> {
    if let Some(inner) = host.strip_prefix('[') {
        let address: Ipv6Addr = inner.strip_suffix(']')?.parse().ok()?;
        // Browsers write an IPv4 address that is mapped into IPv6 with hexadecimal digits.
        let [.., high, low] = address.segments();
        let mapped = address.to_ipv4_mapped().map(|_| format!("[::ffff:{high:x}:{low:x}]"));
        return Some(mapped.unwrap_or_else(|| format!("[{address}]")));
    }
    let labels: Vec<&str> = host.strip_suffix('.').unwrap_or(host).split('.').collect();
    let is_label = |label: &&str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    if !labels.iter().all(is_label) {
        return None;
    }
    // Browsers read a host as an IPv4 address if its last label is a number.
    let last_is_number = labels.last().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()));
    let is_host = !last_is_number || host.parse::<Ipv4Addr>().is_ok();
    is_host.then(|| host.to_owned())
}

/// The origin of a page as a request names it, in the `Origin` header or as the beginning of a `Referer`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SentOrigin<'r> {
    text: &'r str,
    scheme: &'r str,
    authority: &'r str,
}

impl<'r> SentOrigin<'r> {
    /// The origin of a URL. `None` if it has none, like the `null` of a page that hides its origin.
    pub(crate) fn of(url: &'r str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let authority = rest.split(['/', '?', '#', '\\']).next().filter(|authority| !authority.is_empty())?;
        let text = url.get(..scheme.len().checked_add("://".len())?.checked_add(authority.len())?)?;
        Some(Self { text, scheme, authority })
    }

    pub(crate) fn as_str(self) -> &'r str {
        self.text
    }

    pub(crate) fn scheme(self) -> &'r str {
        self.scheme
    }

    /// Whether a host with this authority (the `Host` header, `host[:port]`) serves pages of this origin. The default port of the
    /// origin's scheme may be written or left out.
    pub(crate) fn is_at(self, host: &str) -> bool {
        let Some(default) = default_port(self.scheme) else { return false };
        let ((own, own_port), (host, port)) = (split_port(self.authority), split_port(host));
        let number = |port: Option<&str>| port.map_or(Some(default), |port| port.parse::<u16>().ok());
        let is_same_port = number(own_port).is_some_and(|own| number(port) == Some(own));
        own.eq_ignore_ascii_case(host) && is_same_port && !own.contains('@')
    }

    /// Whether the page is of this machine. Browsers treat its plain HTTP like TLS, and send it `Secure` cookies.
    pub(crate) fn is_loopback(self) -> bool {
        let (host, _) = split_port(self.authority);
        is_loopback_host(host)
    }
}

/// Whether a host without a port names this machine.
pub(crate) fn is_loopback_host(host: &str) -> bool {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let is_name = bare.eq_ignore_ascii_case("localhost") || bare.to_ascii_lowercase().ends_with(".localhost");
    is_name || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
}

/// Splits `host[:port]`. The colons of an IPv6 address are in brackets.
fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (authority, None),
    }
}

fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "https" => Some(443),
        "http" => Some(80),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // B3
    #[test]
    fn an_origin_is_written_as_browsers_send_it() {
        for (written, sent) in [
            ("https://app.example.com", "https://app.example.com"),
            ("https://app.example.com:443", "https://app.example.com"),
            ("http://app.example.com:80", "http://app.example.com"),
            ("https://app.example.com:80", "https://app.example.com:80"),
            ("http://192.168.1.5:3000", "http://192.168.1.5:3000"),
            ("https://[2001:DB8:0::1]:8443", "https://[2001:db8::1]:8443"),
            ("https://app.example.com.", "https://app.example.com."),
            ("https://[::ffff:1.2.3.4]", "https://[::ffff:102:304]"),
            ("capacitor://localhost", "capacitor://localhost"),
            ("ionic://localhost", "ionic://localhost"),
            ("tauri://localhost", "tauri://localhost"),
            ("https://tauri.localhost", "https://tauri.localhost"),
            (
                "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
                "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
            ),
            ("moz-extension://3D5B-x", "moz-extension://3D5B-x"),
        ] {
            let accepted = if written.contains("DB8") { written.to_lowercase() } else { written.to_owned() };
            assert_eq!(normalized(&accepted).as_deref(), Ok(sent), "{written}");
        }
    }

    // B3
    #[test]
    fn an_origin_that_never_matches_is_an_error() {
        for never in [
            "",
            "null",
            "*",
            "app.example.com",
            "//app.example.com",
            "https:app.example.com",
            "https://",
            "https://:443",
            "https://app.example.com/",
            "https://app.example.com/page",
            "https://app.example.com?x",
            "https://a#b",
            "https://user@app.example.com",
            "https://App.example.com",
            "HTTPS://app.example.com",
            "https://*.example.com",
            "https://app..example.com",
            "https://app.example.com:0",
            "https://app.example.com:65536",
            "https://app.example.com:0443",
            "https://app.example.com:",
            "https://app.example.com:x",
            "https://1.2.3.04",
            "https://1.2.3",
            "https://[::1",
            "https://[::g]",
            "https://münchen.example",
            "https://a b",
            "https://a%41",
            "wss://app.example.com",
            "ws://app.example.com",
            "file://",
            "file:///x",
            "data://x",
            "ftp://a",
            "1s://a",
            " https://app.example.com",
            "https://app.example.com ",
            "https://a\\b",
            "capacitor://",
            "capacitor://localhost/",
        ] {
            assert!(normalized(never).is_err(), "{never:?}");
        }
    }

    // B1
    #[test]
    fn a_host_serves_the_pages_of_its_own_origin() {
        let is_at = |origin, host| SentOrigin::of(origin).is_some_and(|origin| origin.is_at(host));
        for (origin, host) in [
            ("https://app.example.com", "app.example.com"),
            ("https://app.example.com", "app.example.com:443"),
            ("https://app.example.com", "App.Example.com"),
            ("http://192.168.1.5:3000", "192.168.1.5:3000"),
            ("http://[::1]:3000", "[::1]:3000"),
            ("http://[::1]", "[::1]"),
        ] {
            assert!(is_at(origin, host), "{origin} {host}");
        }
        for (origin, host) in [
            ("https://app.example.com", "example.com"),
            ("https://app.example.com", "app.example.com:80"),
            ("https://app.example.com:8443", "app.example.com"),
            ("https://app.example.com.evil.example", "app.example.com"),
            ("https://app.example.com", "app.example.com.evil.example"),
            ("https://app.example.com@evil.example", "evil.example"),
            ("https://evil.example", "x@evil.example"),
            ("https://app.example.com:x", "app.example.com:y"),
            ("capacitor://localhost", "localhost"),
            ("null", "null"),
            ("https://", ""),
        ] {
            assert!(!is_at(origin, host), "{origin} {host}");
        }
    }

    #[test]
    fn the_origin_of_a_url_ends_at_its_path() {
        let of = |url| SentOrigin::of(url).map(SentOrigin::as_str);
        assert_eq!(of("https://a.example/x?y"), Some("https://a.example"));
        assert_eq!(of("https://a.example?x"), Some("https://a.example"));
        assert_eq!(of("https://a.example\\@b.example/"), Some("https://a.example"));
        assert_eq!((of("null"), of("https:///x"), of("a.example")), (None, None, None));
    }

    #[test]
    fn loopback_is_this_machine() {
        let is_loopback = |origin| SentOrigin::of(origin).unwrap().is_loopback();
        for own in
            ["http://localhost:3000", "http://app.localhost", "http://127.0.0.1", "http://[::1]:1", "http://127.9.9.9"]
        {
            assert!(is_loopback(own), "{own}");
        }
        for other in ["http://192.168.1.5", "http://localhost.example", "http://127.0.0.1.example", "http://[::2]"] {
            assert!(!is_loopback(other), "{other}");
        }
    }
}

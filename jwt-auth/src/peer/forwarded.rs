//! The headers in which proxies name the client: `Forwarded` (RFC 7239), and `X-Forwarded-For` with its relatives.

use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;

const FORWARDED: &str = "forwarded";
const X_FORWARDED_FOR: &str = "x-forwarded-for";
const X_FORWARDED_PROTO: &str = "x-forwarded-proto";
const X_FORWARDED_HOST: &str = "x-forwarded-host";
const X_FORWARDED_PORT: &str = "x-forwarded-port";

/// How many proxies in a row are believed.
const MAX_HOPS: usize = 32;

/// Which headers the proxies write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ForwardedHeaders {
    /// The one of the two below that a request has. If it has both and they name different clients, a client may have made one of
    /// them up, so neither is believed, and the log says so once. The default.
    #[default]
    Either,
    /// `Forwarded` (RFC 7239).
    Forwarded,
    /// `X-Forwarded-For`, `X-Forwarded-Proto`, `X-Forwarded-Host` and `X-Forwarded-Port`.
    XForwarded,
}

/// What the proxies say of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Told {
    /// The nearest hop that is no trusted proxy. `None` if no header names it.
    pub(crate) client: Option<IpAddr>,
    /// `http` or `https`, as the client used it.
    pub(crate) scheme: Option<&'static str>,
    /// The host that the client used, with its port.
    pub(crate) host: Option<String>,
}

/// Reads `X-Forwarded-For` and its relatives. Each proxy adds the address that it received the request from at the end. `None` if the
/// request has none of them.
pub(crate) fn x_forwarded(headers: &HeaderMap, is_trusted: impl Fn(IpAddr) -> bool) -> Option<Told> {
    let names = [X_FORWARDED_FOR, X_FORWARDED_PROTO, X_FORWARDED_HOST];
    if !names.into_iter().any(|name| headers.contains_key(name)) {
        return None;
    }
    let mut told = Told::default();
    let mut hops = 1;
    for (at, hop) in elements(headers, X_FORWARDED_FOR).enumerate().take(MAX_HOPS) {
        let Some(address) = address(hop) else { break };
        told.client = Some(address);
        hops = at.saturating_add(1);
        if !is_trusted(address) {
            break;
        }
    }
    // The proxy that saw the client wrote the element of the same place. Where a proxy replaces the header, there is only one.
    let of_client = |name| elements(headers, name).take(hops).last();
    told.scheme = of_client(X_FORWARDED_PROTO).and_then(scheme);
    told.host = of_client(X_FORWARDED_HOST).and_then(host).map(|host| {
        let port = of_client(X_FORWARDED_PORT).filter(|port| port.parse::<u16>().is_ok());
        match port {
            Some(port) if !has_port(host) => format!("{host}:{port}"),
            _ => host.to_owned(),
        }
    });
    Some(told)
}

/// Reads `Forwarded` (RFC 7239 section 4). Each proxy adds an element at the end. `None` if the request does not have it.
pub(crate) fn forwarded(headers: &HeaderMap, is_trusted: impl Fn(IpAddr) -> bool) -> Option<Told> {
    if !headers.contains_key(FORWARDED) {
        return None;
    }
    let mut told = Told::default();
    for element in elements(headers, FORWARDED).take(MAX_HOPS) {
        let Some(address) = parameter(element, "for").and_then(address) else { break };
        told = Told {
            client: Some(address),
            scheme: parameter(element, "proto").and_then(scheme),
            host: parameter(element, "host").and_then(host).map(str::to_owned),
        };
        if !is_trusted(address) {
            break;
        }
    }
    Some(told)
}

/// The elements of a list header, the last one first. A client may send a quote that is never closed, which would swallow what the
/// proxies add, so quotes do not join elements: no proxy writes a comma within quotes. A client may also send bytes that are no text;
/// they spoil only their own element.
fn elements<'r>(headers: &'r HeaderMap, name: &'static str) -> impl Iterator<Item = &'r str> {
    let lines = headers.get_all(name).iter().rev();
    let elements = lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
    elements.map(|element| std::str::from_utf8(element).unwrap_or_default().trim())
}

/// A parameter of an element (`for=192.0.2.60;proto=https`), without its quotes. `None` if the element has it twice, or has a quote
/// that is not closed: then a client may have written a part of the element, for example by a `Host` with a comma.
fn parameter<'e>(element: &'e str, name: &str) -> Option<&'e str> {
    if element.bytes().filter(|byte| *byte == b'"').count() % 2 != 0 {
        return None;
    }
    let pairs = element.split(';').filter_map(|pair| pair.trim().split_once('='));
    let mut values =
        pairs.filter(|(of, _)| of.trim_end().eq_ignore_ascii_case(name)).map(|(_, value)| value.trim_start());
    let value = values.next()?;
    if values.next().is_some() {
        return None;
    }
    match value.strip_prefix('"') {
        Some(quoted) => quoted.strip_suffix('"').filter(|inner| !inner.contains(['"', '\\'])),
        None => Some(value),
    }
}

/// The address of a hop, with or without a port. `None` for `unknown`, for an obfuscated name (`_hidden`), and for anything else.
fn address(hop: &str) -> Option<IpAddr> {
    let bare = hop.strip_prefix('[').and_then(|hop| hop.strip_suffix(']')).unwrap_or(hop);
    let address = bare.parse().ok().or_else(|| hop.parse::<SocketAddr>().ok().map(|with_port| with_port.ip()));
    address.map(|address: IpAddr| address.to_canonical())
}

/// The scheme of pages. A proxy may name that of a WebSocket.
fn scheme(text: &str) -> Option<&'static str> {
    match text.to_ascii_lowercase().as_str() {
        "https" | "wss" => Some("https"),
        "http" | "ws" => Some("http"),
        _ => None,
    }
}

fn host(text: &str) -> Option<&str> {
    let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte);
    (!text.is_empty() && text.bytes().all(is_host)).then_some(text)
}

fn has_port(host: &str) -> bool {
    host.rsplit_once(':').is_some_and(|(_, port)| !port.contains(']'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderName, HeaderValue};

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        let line = |(name, value): &(&'static str, &str)| {
            (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())
        };
        lines.iter().map(line).fold(HeaderMap::new(), |mut headers, (name, value)| {
            headers.append(name, value);
            headers
        })
    }

    fn is_proxy(address: IpAddr) -> bool {
        ["10.0.0.1", "10.0.0.2", "fd00::1"].iter().any(|proxy| proxy.parse::<IpAddr>().unwrap() == address)
    }

    fn client(read: impl Fn(&HeaderMap) -> Option<Told>, lines: &[(&'static str, &str)]) -> Option<String> {
        read(&headers(lines)).unwrap().client.map(|client| client.to_string())
    }

    // C1
    #[test]
    fn the_nearest_hop_that_is_no_proxy_is_the_client() {
        let of = |value: &str| client(|headers| x_forwarded(headers, is_proxy), &[("x-forwarded-for", value)]);
        for (value, expected) in [
            ("203.0.113.7", "203.0.113.7"),
            ("1.1.1.1, 203.0.113.7", "203.0.113.7"),
            ("1.1.1.1, 203.0.113.7, 10.0.0.2", "203.0.113.7"),
            ("1.1.1.1,203.0.113.7 ,10.0.0.2, 10.0.0.1", "203.0.113.7"),
            ("203.0.113.7:4711", "203.0.113.7"),
            ("2001:db8::7", "2001:db8::7"),
            ("[2001:db8::7]:4711", "2001:db8::7"),
            ("[2001:db8::7]", "2001:db8::7"),
            ("::ffff:203.0.113.7", "203.0.113.7"),
            ("10.0.0.2", "10.0.0.2"),
            ("unknown, 203.0.113.7", "203.0.113.7"),
            ("unknown, 10.0.0.2", "10.0.0.2"),
        ] {
            assert_eq!(of(value).as_deref(), Some(expected), "{value}");
        }
        for nobody in ["", "unknown", "203.0.113.7,", "203.0.113.7, x", "\"203.0.113.7\"", "203.0.113.7/32"] {
            assert_eq!(of(nobody), None, "{nobody}");
        }
        let lines = [("x-forwarded-for", "1.1.1.1"), ("x-forwarded-for", "203.0.113.7, 10.0.0.2")];
        assert_eq!(client(|headers| x_forwarded(headers, is_proxy), &lines).as_deref(), Some("203.0.113.7"));
    }

    // C1
    #[test]
    fn forwarded_is_read_from_its_end() {
        let of = |value: &str| client(|headers| forwarded(headers, is_proxy), &[("forwarded", value)]);
        for (value, expected) in [
            ("for=203.0.113.7", "203.0.113.7"),
            ("For=\"203.0.113.7:80\";Proto=https;by=10.0.0.1", "203.0.113.7"),
            ("proto=https; for=\"[2001:db8::7]:4711\"", "2001:db8::7"),
            ("for=1.1.1.1, for=203.0.113.7, for=10.0.0.2", "203.0.113.7"),
            ("for=\"unclosed, for=203.0.113.7", "203.0.113.7"),
            ("for=_hidden, for=10.0.0.2", "10.0.0.2"),
        ] {
            assert_eq!(of(value).as_deref(), Some(expected), "{value}");
        }
        for nobody in [
            "",
            "for=unknown",
            "for=_hidden",
            "for=1.1.1.1, proto=https",
            "by=1.1.1.1",
            "for=\"1.1.1.1",
            "for=203.0.113.7;host=\"a,for=1.1.1.1;x=\"",
            "for=1.1.1.1;for=2.2.2.2",
        ] {
            assert_eq!(of(nobody), None, "{nobody}");
        }
    }

    #[test]
    fn scheme_and_host_are_those_that_the_client_used() {
        let told = |lines: &[(&'static str, &str)]| {
            let told = x_forwarded(&headers(lines), is_proxy).unwrap();
            (told.scheme, told.host)
        };
        let host = |name: &str| Some(name.to_owned());
        let (addresses, two) = (("x-forwarded-for", "203.0.113.7"), ("x-forwarded-for", "203.0.113.7, 10.0.0.2"));
        assert_eq!(told(&[addresses, ("x-forwarded-proto", "https")]), (Some("https"), None));
        assert_eq!(
            told(&[addresses, ("x-forwarded-proto", "HTTPS, http")]),
            (Some("http"), None),
            "the first is the client's own"
        );
        assert_eq!(told(&[two, ("x-forwarded-proto", "https, http")]), (Some("https"), None));
        assert_eq!(told(&[two, ("x-forwarded-proto", "wss")]), (Some("https"), None));
        assert_eq!(told(&[("x-forwarded-proto", "gopher"), ("x-forwarded-host", "a b")]), (None, None));
        let at = [("x-forwarded-host", "app.example.com"), ("x-forwarded-port", "8443")];
        assert_eq!(told(&at), (None, host("app.example.com:8443")));
        let at = [("x-forwarded-host", "app.example.com:1"), ("x-forwarded-port", "8443")];
        assert_eq!(told(&at), (None, host("app.example.com:1")));
        let element = headers(&[(
            "forwarded",
            "for=9.9.9.9;host=evil.example, for=203.0.113.7;proto=https;host=\"app.example.com:8443\"",
        )]);
        let told = forwarded(&element, is_proxy).unwrap();
        assert_eq!((told.scheme, told.host), (Some("https"), host("app.example.com:8443")));
    }

    // C1: the proxy appends to what the client has sent.
    #[test]
    fn bytes_that_are_no_text_spoil_only_their_own_element() {
        let mut headers = HeaderMap::new();
        headers.insert(X_FORWARDED_FOR, HeaderValue::from_bytes(b"\xff, 203.0.113.7").unwrap());
        headers.insert(FORWARDED, HeaderValue::from_bytes(b"for=\xff, for=203.0.113.7").unwrap());
        let client = Some("203.0.113.7".parse().unwrap());
        assert_eq!(x_forwarded(&headers, is_proxy).unwrap().client, client);
        assert_eq!(forwarded(&headers, is_proxy).unwrap().client, client);
    }

    #[test]
    fn a_long_list_of_hops_is_cut() {
        let list = vec!["10.0.0.1"; 10_000].join(",");
        assert_eq!(
            client(|headers| x_forwarded(headers, is_proxy), &[("x-forwarded-for", &list)]).as_deref(),
            Some("10.0.0.1")
        );
    }
}

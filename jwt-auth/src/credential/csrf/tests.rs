use std::net::IpAddr;

use super::*;
use crate::peer::forwarded::ForwardedHeaders;

const ALLOWED: &str = "https://app.example.com";

fn pages(own: &[&str], cookie_is_secure: bool) -> Pages {
    let trusted = Proxies::networks(&["10.0.0.1".to_owned()]).unwrap();
    let peer_of = |request: &Parts| request.extensions.get::<IpAddr>().copied();
    let proxies = Arc::new(Proxies::new(trusted, ForwardedHeaders::Either, peer_of));
    Pages {
        own: own.iter().map(|own| (*own).to_owned()).collect(),
        allowed: vec![ALLOWED.to_owned()],
        cookie_is_secure,
        proxies,
    }
}

fn parts(method: &Method, pairs: &[(&'static str, &'static str)]) -> Parts {
    let mut parts = http::Request::new(()).into_parts().0;
    parts.method = method.clone();
    for (name, value) in pairs {
        parts.headers.append(*name, HeaderValue::from_static(value));
    }
    parts
}

fn post(headers: &[(&'static str, &'static str)]) -> bool {
    request(&Method::POST, headers)
}

fn request(method: &Method, pairs: &[(&'static str, &'static str)]) -> bool {
    pages(&[], true).check(&parts(method, pairs)).is_ok()
}

fn changed(pairs: &[(&'static str, &'static str)]) -> bool {
    let mut parts = parts(&Method::GET, pairs);
    parts.extensions.insert(RoutedUnsafe);
    pages(&[], true).check(&parts).is_ok()
}

// ONE-01
#[test]
fn a_method_that_was_changed_after_routing_does_not_skip_the_check() {
    assert!(!changed(&[]));
    assert!(!changed(&[("sec-fetch-site", "cross-site")]));
    assert!(changed(&[("sec-fetch-site", "same-origin")]));
}

// CKE-05
#[test]
fn fetch_metadata_decides_first() {
    assert!(post(&[("sec-fetch-site", "same-origin")]) && post(&[("sec-fetch-site", "none")]));
    assert!(post(&[("sec-fetch-site", "same-origin"), ("origin", "https://evil.example")]));
    for site in ["cross-site", "same-site", "", "Same-Origin", "garbage"] {
        assert!(!post(&[("sec-fetch-site", site)]), "{site}");
        // Fetch Metadata is there, so the host proves nothing.
        assert!(
            !post(&[("sec-fetch-site", site), ("origin", "https://own.example"), ("host", "own.example")]),
            "{site}"
        );
    }
    assert!(!post(&[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")]));
}

// CKE-05
#[test]
fn the_origin_decides_next_and_the_referer_last() {
    assert!(post(&[("origin", ALLOWED)]));
    assert!(post(&[("sec-fetch-site", "same-site"), ("origin", ALLOWED)]));
    assert!(post(&[("referer", "https://app.example.com/page?x=1")]) && post(&[("referer", ALLOWED)]));
    let bad: [&[(&'static str, &'static str)]; 8] = [
        &[],
        &[("origin", "null")],
        &[("origin", "https://app.example.com.evil.example")],
        &[("origin", "http://app.example.com")],
        &[("origin", "https://evil.example"), ("referer", "https://app.example.com/")],
        &[("referer", "https://app.example.com.evil.example/")],
        &[("referer", "https://app.example.com@evil.example/")],
        &[("sec-fetch-site", "cross-site"), ("referer", "https://app.example.com/")],
    ];
    for headers in bad {
        assert!(!post(headers), "{headers:?}");
    }
}

// CKE-05, CKE-06
#[test]
fn safe_methods_pass_except_upgrades() {
    assert!(request(&Method::GET, &[]) && request(&Method::HEAD, &[]) && request(&Method::OPTIONS, &[]));
    for method in ["PUT", "PATCH", "DELETE", "CONNECT", "QUERY", "MYSTERY"] {
        assert!(!request(&Method::from_bytes(method.as_bytes()).unwrap(), &[]), "{method}");
    }
    assert!(!request(&Method::GET, &[("upgrade", "websocket")]));
    assert!(!request(&Method::GET, &[("upgrade", "websocket"), ("origin", "https://evil.example")]));
    assert!(request(&Method::GET, &[("upgrade", "websocket"), ("origin", ALLOWED)]));
    assert!(request(&Method::GET, &[("upgrade", "websocket"), ("sec-fetch-site", "same-origin")]));
}

// B1: what Chromium sends with the handshake of a WebSocket.
#[test]
fn without_fetch_metadata_the_request_says_what_the_own_origin_is() {
    let upgrade = |origin, host| request(&Method::GET, &[("upgrade", "websocket"), ("origin", origin), ("host", host)]);
    assert!(upgrade("https://own.example", "own.example"));
    assert!(upgrade("https://own.example:8443", "own.example:8443"));
    assert!(upgrade("http://localhost:3000", "localhost:3000"), "browsers send it `Secure` cookies");
    assert!(upgrade("http://127.0.0.1:3000", "127.0.0.1:3000"));
    for (origin, host) in [
        ("https://evil.example", "own.example"),
        ("https://own.example:8443", "own.example"),
        ("http://own.example", "own.example"),
        ("null", "own.example"),
        ("https://own.example", ""),
        ("chrome-extension://own.example", "own.example"),
    ] {
        assert!(!upgrade(origin, host), "{origin} {host}");
    }
    assert!(post(&[("referer", "https://own.example/form"), ("host", "own.example")]));
    let two = [("host", "own.example"), ("host", "own.example"), ("origin", "https://own.example")];
    assert!(!post(&two), "two hosts prove nothing");
}

// B1: HTTP/2 has the host in the URI.
#[test]
fn the_host_of_http2_counts_too() {
    let mut parts = parts(&Method::POST, &[("origin", "https://own.example")]);
    assert!(pages(&[], true).check(&parts).is_err());
    parts.uri = "https://own.example/orders".parse().unwrap();
    assert!(pages(&[], true).check(&parts).is_ok());
    parts.uri = "https://other.example/orders".parse().unwrap();
    assert!(pages(&[], true).check(&parts).is_err());
}

// B2
#[test]
fn over_plain_http_the_sign_in_and_the_form_get_the_same_answer() {
    let lan = [("origin", "http://192.168.1.5:3000"), ("host", "192.168.1.5:3000")];
    let parts = parts(&Method::POST, &lan);
    let both = |pages: Pages| (pages.check(&parts), pages.cross_site_sign_in(&parts));
    assert_eq!(both(pages(&[], false)), (Ok(()), None));
    let (Err(form), Some(sign_in)) = both(pages(&[], true)) else { panic!("browsers drop a `Secure` cookie there") };
    assert_eq!(form, sign_in);
    assert!(
        form.0.contains("`http://192.168.1.5:3000`, without TLS") && form.0.contains("insecure_cookie()"),
        "{form:?}"
    );
}

#[test]
fn a_declared_origin_takes_the_place_of_the_host() {
    let upgrade = |origin, host| {
        let parts = parts(&Method::GET, &[("upgrade", "websocket"), ("origin", origin), ("host", host)]);
        pages(&["https://shop.example.com", "http://192.168.1.5:3000"], true).check(&parts).is_ok()
    };
    assert!(upgrade("https://shop.example.com", "127.0.0.1:3000") && upgrade("http://192.168.1.5:3000", "x"));
    assert!(!upgrade("https://own.example", "own.example"));
}

// C1
#[test]
fn a_trusted_proxy_says_which_scheme_and_host_the_browser_used() {
    let upgrade = |peer: &str, origin, proto, host| {
        let headers = [
            ("upgrade", "websocket"),
            ("host", "127.0.0.1:3000"),
            ("origin", origin),
            ("x-forwarded-proto", proto),
            ("x-forwarded-host", host),
        ];
        let mut parts = parts(&Method::GET, &headers);
        parts.extensions.insert(peer.parse::<IpAddr>().unwrap());
        pages(&[], true).check(&parts).is_ok()
    };
    let (proxy, other, shop) = ("10.0.0.1", "10.0.0.2", "https://shop.example.com");
    assert!(upgrade(proxy, shop, "https", "shop.example.com"));
    assert!(!upgrade(other, shop, "https", "shop.example.com"), "an undeclared peer");
    assert!(!upgrade(proxy, "http://shop.example.com", "https", "shop.example.com"));
    assert!(!upgrade(proxy, shop, "http", "shop.example.com"));
    assert!(!upgrade(proxy, "https://evil.example", "https", "shop.example.com"));
}

// CKE-07
#[test]
fn a_sign_in_by_a_page_that_only_names_its_origin_is_cross_site_too() {
    let reported = |method: &Method, headers| pages(&[], true).cross_site_sign_in(&parts(method, headers)).is_some();
    assert!(!reported(&Method::POST, &[]), "no browser");
    assert!(!reported(&Method::POST, &[("host", "own.example"), ("origin", "https://own.example")]));
    assert!(reported(&Method::POST, &[("host", "own.example"), ("origin", "https://evil.example")]));
    assert!(reported(&Method::POST, &[("origin", "null")]));
    assert!(!reported(&Method::GET, &[("origin", "https://evil.example")]), "a link in a mail");
}

#[test]
fn the_reason_is_short_and_printable() {
    let long = format!("https://\u{7f}{}", "a".repeat(9_000));
    let mut parts = parts(&Method::POST, &[("host", "own.example")]);
    parts.headers.insert(ORIGIN, HeaderValue::from_bytes(&long.into_bytes().split_off(9)).unwrap());
    let Err(CrossSite(why)) = pages(&[], true).check(&parts) else { panic!("another origin") };
    assert!(why.len() < 600 && why.chars().all(|shown| !shown.is_control()), "{why}");
}

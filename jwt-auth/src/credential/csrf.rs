//! Protection against cross-site request forgery. Browsers send cookies with the requests of any page, so an unsafe
//! request that a cookie authenticates must prove which page sent it. Fetch Metadata decides first, then `Origin`, then
//! `Referer`. An unsafe request with none of these headers is refused. A WebSocket upgrade counts as unsafe.

use http::header::{HeaderName, ORIGIN, REFERER, UPGRADE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method};

use crate::credential::header_line::{Repeated, single_line};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// A page of another site may have sent this request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct CrossSite;

/// A request extension: the request was, or may have been, routed by an unsafe method, even if a layer has changed the
/// method since.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RoutedUnsafe;

/// Checks a request that a cookie authenticates.
pub(crate) fn check(parts: &Parts, allowed_origins: &[String]) -> Result<(), CrossSite> {
    let is_unsafe = !is_safe(&parts.method) || parts.extensions.get::<RoutedUnsafe>().is_some();
    if is_unsafe || parts.headers.contains_key(UPGRADE) { prove_own(&parts.headers, allowed_origins) } else { Ok(()) }
}

/// Checks that a page of the service, or of an allowed origin, sent the request.
fn prove_own(headers: &HeaderMap, allowed_origins: &[String]) -> Result<(), CrossSite> {
    let site = single(headers, &SEC_FETCH_SITE)?;
    if site.is_some_and(|site| site == "same-origin" || site == "none") {
        return Ok(());
    }
    let allowed = |origin: &[u8]| allowed_origins.iter().any(|allowed| allowed.as_bytes() == origin);
    match (single(headers, &ORIGIN)?, single(headers, &REFERER)?) {
        (Some(origin), _) if allowed(origin.as_bytes()) => Ok(()),
        (None, Some(referer)) if site.is_none() && allowed(origin_of(referer.as_bytes())) => Ok(()),
        _ => Err(CrossSite),
    }
}

/// Whether a browser reports that a page of another site sent an unsafe request. This is for a sign-in, which carries
/// no cookie yet. A client that sends no Fetch Metadata may sign in.
pub(crate) fn is_cross_site(parts: &Parts, allowed_origins: &[String]) -> bool {
    parts.headers.contains_key(SEC_FETCH_SITE) && check(parts, allowed_origins).is_err()
}

/// The safe methods of RFC 9110 section 9.2.1. Any other method may change something.
pub(crate) fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE)
}

/// A repeated header is refused, since it proves nothing.
fn single<'r>(headers: &'r HeaderMap, name: &HeaderName) -> Result<Option<&'r HeaderValue>, CrossSite> {
    single_line(headers, name).map_err(|Repeated| CrossSite)
}

/// The `scheme://authority` part of a URL.
fn origin_of(url: &[u8]) -> &[u8] {
    let mut slashes = url.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(index, _)| index);
    match slashes.nth(2) {
        Some(end) => url.get(..end).unwrap_or_default(),
        None => url,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALLOWED: &str = "https://app.example.com";

    fn post(headers: &[(&'static str, &'static str)]) -> bool {
        request(&Method::POST, headers)
    }

    fn request(method: &Method, pairs: &[(&'static str, &'static str)]) -> bool {
        checked(method, pairs, false)
    }

    fn checked(method: &Method, pairs: &[(&'static str, &'static str)], was_routed_unsafe: bool) -> bool {
        let mut parts = http::Request::new(()).into_parts().0;
        parts.method = method.clone();
        for (name, value) in pairs {
            parts.headers.append(*name, HeaderValue::from_static(value));
        }
        if was_routed_unsafe {
            parts.extensions.insert(RoutedUnsafe);
        }
        check(&parts, &[ALLOWED.to_owned()]).is_ok()
    }

    // ONE-01
    #[test]
    fn a_method_that_was_changed_after_routing_does_not_skip_the_check() {
        assert!(!checked(&Method::GET, &[], true));
        assert!(!checked(&Method::GET, &[("sec-fetch-site", "cross-site")], true));
        assert!(checked(&Method::GET, &[("sec-fetch-site", "same-origin")], true));
    }

    // CKE-05
    #[test]
    fn fetch_metadata_decides_first() {
        assert!(post(&[("sec-fetch-site", "same-origin")]) && post(&[("sec-fetch-site", "none")]));
        assert!(post(&[("sec-fetch-site", "same-origin"), ("origin", "https://evil.example")]));
        for site in ["cross-site", "same-site", "", "Same-Origin", "garbage"] {
            assert!(!post(&[("sec-fetch-site", site)]), "{site}");
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
}

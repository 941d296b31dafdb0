//! Cross-site request forgery: a cookie travels without the page's doing, so an unsafe request that is authenticated
//! by one must prove where it comes from. Fetch Metadata decides, then `Origin`, then `Referer`; with none of the
//! three the request is refused.

use http::header::{HeaderName, ORIGIN, REFERER, UPGRADE};
use http::{HeaderMap, HeaderValue, Method};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Another site may have caused this request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct CrossSite;

/// Checks a request that is authenticated by a cookie.
pub(crate) fn check(method: &Method, headers: &HeaderMap, allowed_origins: &[String]) -> Result<(), CrossSite> {
    if is_safe(method) && !headers.contains_key(UPGRADE) {
        return Ok(());
    }
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

/// Whether a browser says that a page of another site caused an unsafe request. For a login, which carries no cookie
/// yet: a client that is no browser says nothing, and may sign in.
pub(crate) fn is_cross_site(method: &Method, headers: &HeaderMap, allowed_origins: &[String]) -> bool {
    headers.contains_key(SEC_FETCH_SITE) && check(method, headers, allowed_origins).is_err()
}

/// RFC 9110 section 9.2.1. A method that is not known may do anything.
pub(crate) fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE)
}

/// A repeated header proves nothing.
fn single<'r>(headers: &'r HeaderMap, name: &HeaderName) -> Result<Option<&'r HeaderValue>, CrossSite> {
    let mut lines = headers.get_all(name).iter();
    let first = lines.next();
    if lines.next().is_some() { Err(CrossSite) } else { Ok(first) }
}

/// `scheme://authority` of a URL, as far as it has both.
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
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_static(value));
        }
        check(method, &headers, &[ALLOWED.to_owned()]).is_ok()
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
    fn then_the_origin_then_the_referer() {
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
            let mut map = HeaderMap::new();
            for (name, value) in headers {
                map.append(*name, HeaderValue::from_static(value));
            }
            assert_eq!(check(&Method::POST, &map, &[ALLOWED.to_owned()]), Err(CrossSite), "{headers:?}");
        }
    }

    // CKE-05, CKE-06
    #[test]
    fn safe_methods_pass_and_upgrades_do_not() {
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

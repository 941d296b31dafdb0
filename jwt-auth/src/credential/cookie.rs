//! Cookies: the value that a request carries, and the `Set-Cookie` headers that set and remove a cookie.

use ::cookie::Cookie;
use ::cookie::CookieBuilder;
use ::cookie::time::Duration;
use http::HeaderMap;
use http::HeaderValue;
use http::header::COOKIE;
use jwt_auth_grammar::cookie::Prefix;

use crate::credential::cookie_places::CookiePlaces;
use crate::credential::error::CredentialError;
use crate::declaration::spec::SameSite;

/// The value of the cookie called `name`, without unquoting or percent-decoding it. An error if there is more than one.
/// HTTP/2 may split the header into several lines (RFC 9113 section 8.2.3), so all lines count.
pub(crate) fn value<'r>(headers: &'r HeaderMap, name: &str) -> Result<Option<&'r str>, CredentialError> {
    let mut found = None;
    for value in values(headers, name) {
        if found.replace(value).is_some() {
            return Err(CredentialError::RepeatedCookie);
        }
    }
    Ok(found)
}

/// The values of all cookies called `name`, read like [`value`] does.
pub(crate) fn values<'r>(headers: &'r HeaderMap, name: &str) -> impl Iterator<Item = &'r str> {
    let pairs = headers.get_all(COOKIE).iter().flat_map(|line| line.as_bytes().split(|byte| *byte == b';'));
    pairs.filter_map(move |pair| {
        let value = pair.trim_ascii().strip_prefix(name.as_bytes())?.strip_prefix(b"=")?;
        // A value that is not UTF-8 is not a token. It still counts, so that a second cookie of the same name is an error.
        Some(std::str::from_utf8(value).unwrap_or("\u{fffd}"))
    })
}

/// The longest name and value together that browsers accept, in bytes (RFC 6265bis section 5.6).
const MAX_LENGTH: usize = 4096;

/// A cookie with the name and the attributes that it has in this deployment. `build()` makes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SessionCookie {
    pub(crate) name: String,
    pub(crate) path: String,
    /// `None` for a cookie that only the host that set it gets back.
    pub(crate) domain: Option<String>,
    pub(crate) secure: bool,
    pub(crate) same_site: SameSite,
}

impl SessionCookie {
    /// Whether browsers accept a cookie of this length.
    pub(crate) fn is_kept(&self, value: &str) -> bool {
        self.name.len().saturating_add(value.len()) <= MAX_LENGTH
    }

    /// The header that sets the cookie, for `max_age` seconds. `None` if browsers would drop the cookie because it is too long.
    pub(crate) fn set(&self, value: &str, max_age: u64) -> Option<HeaderValue> {
        if !self.is_kept(value) {
            return None;
        }
        let max_age = Duration::seconds(i64::try_from(max_age).unwrap_or(i64::MAX));
        header(&self.at(value, &self.path, self.domain.as_deref()).max_age(max_age).build())
    }

    /// The header that removes the cookie. `None` only for a cookie that [`set`](Self::set) cannot set either.
    pub(crate) fn remove(&self) -> Option<HeaderValue> {
        let mut cookie = self.at("", &self.path, self.domain.as_deref()).build();
        cookie.make_removal();
        header(&cookie)
    }

    /// The headers that remove the cookies of this name that a browser may hold with another path or domain, such as those of an
    /// older deployment. This cookie itself stays. At most 16.
    pub(crate) fn remove_others(&self, places: &CookiePlaces) -> Vec<HeaderValue> {
        // Browsers accept such a name only with `Path=/` and without a domain, so there is no other cookie of this name.
        if Prefix::of(&self.name) == Prefix::Host {
            return Vec::new();
        }
        let others = places.around(&self.path, self.domain.as_deref());
        others.filter_map(|(path, domain)| header(&self.at("", path, domain).max_age(Duration::ZERO).build())).collect()
    }

    fn at<'c>(&'c self, value: &'c str, path: &'c str, domain: Option<&'c str>) -> CookieBuilder<'c> {
        let same_site = match self.same_site {
            SameSite::Strict => ::cookie::SameSite::Strict,
            SameSite::Lax => ::cookie::SameSite::Lax,
            SameSite::None => ::cookie::SameSite::None,
        };
        let name = self.name.as_str();
        let builder = Cookie::build((name, value)).path(path).secure(self.secure).http_only(true).same_site(same_site);
        match domain {
            Some(domain) => builder.domain(domain),
            None => builder,
        }
    }
}

fn header(cookie: &Cookie<'_>) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(&cookie.to_string()).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn read(lines: &[&[u8]]) -> Result<Option<String>, CredentialError> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(COOKIE, HeaderValue::from_bytes(line).unwrap());
        }
        value(&headers, "token").map(|value| value.map(str::to_owned))
    }

    // CKE-03
    #[test]
    fn the_value_is_not_decoded_and_the_name_is_exact() {
        assert_eq!(read(&[b"a=b; token=x.y.z; c=d"]), Ok(Some("x.y.z".into())));
        assert_eq!(read(&[b"token=\"x\""]), Ok(Some("\"x\"".into())));
        assert_eq!(read(&[b"token=%41"]), Ok(Some("%41".into())));
        assert_eq!(read(&[b"token=Bearer x"]), Ok(Some("Bearer x".into())));
        assert_eq!(read(&[b"Token=x; mytoken=y; token2=z; token"]), Ok(None));
        assert_eq!(read(&[b"token=\xff"]), Ok(Some("\u{fffd}".into())));
    }

    // CKE-03
    #[test]
    fn a_second_cookie_of_the_name_is_refused() {
        assert_eq!(read(&[b"token=a; token=a"]), Err(CredentialError::RepeatedCookie));
        assert_eq!(read(&[b"token=a", b"b=c; token=d"]), Err(CredentialError::RepeatedCookie));
        assert_eq!(read(&[b"token=\xff; token=d"]), Err(CredentialError::RepeatedCookie));
    }
}

#[cfg(test)]
mod set_cookie_tests {
    use super::*;

    fn host_token() -> SessionCookie {
        let (name, path) = ("__Host-token".to_owned(), "/".to_owned());
        SessionCookie { name, path, domain: None, secure: true, same_site: SameSite::Lax }
    }

    fn scoped() -> SessionCookie {
        let (name, path, domain) = ("__Secure-t".to_owned(), "/app".to_owned(), Some("example.com".to_owned()));
        SessionCookie { name, path, domain, secure: true, same_site: SameSite::Strict }
    }

    // CKE-01
    #[test]
    fn the_default_attributes_are_strict() {
        let header = host_token().set("abc", 60).unwrap();
        assert_eq!(header, "__Host-token=abc; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=60");
        assert!(header.is_sensitive());
    }

    // CKE-04
    #[test]
    fn a_cookie_that_browsers_would_drop_is_not_set() {
        let cookie = SessionCookie { name: "token".into(), ..host_token() };
        assert!(cookie.set(&"a".repeat(4091), 60).is_some());
        assert!(cookie.set(&"a".repeat(4092), 60).is_none());
    }

    // CKE-08
    #[test]
    fn a_cookie_is_removed_with_the_attributes_it_was_set_with() {
        let set = scoped().set("abc", 60).unwrap();
        let removed = scoped().remove().unwrap();
        let attributes = |header: &HeaderValue| -> Vec<String> {
            let parts = header.to_str().unwrap().split("; ").skip(1).map(str::to_owned);
            parts.filter(|part| !part.starts_with("Max-Age") && !part.starts_with("Expires")).collect()
        };
        assert_eq!(attributes(&set), attributes(&removed));
        assert!(
            removed.to_str().unwrap().starts_with("__Secure-t=; ") && removed.to_str().unwrap().contains("Max-Age=0")
        );
    }

    // B7
    #[test]
    fn cookies_of_older_deployments_are_removed_too() {
        let places = CookiePlaces::of("www.Example.com:8443", "/app/sign-out");
        let removed = scoped().remove_others(&places);
        let text: Vec<&str> = removed.iter().map(|header| header.to_str().unwrap()).collect();
        let expected = |path: &str, domain: &str| {
            format!("__Secure-t=; HttpOnly; SameSite=Strict; Secure; Path={path}{domain}; Max-Age=0")
        };
        for domain in ["", "; Domain=example.com", "; Domain=www.example.com"] {
            for path in ["/", "/app", "/app/sign-out"] {
                let is_own = (path, domain) == ("/app", "; Domain=example.com");
                assert_eq!(text.contains(&expected(path, domain).as_str()), !is_own, "{path} {domain}: {text:#?}");
            }
        }
        assert!(removed.len() <= 16 && removed.iter().all(HeaderValue::is_sensitive));
        // Browsers hold only one cookie of a `__Host-` name.
        assert_eq!(host_token().remove_others(&places), [] as [HeaderValue; 0]);
    }
}

//! Cookies: the value that a request carries, the `Set-Cookie` header, and the cookie of a refresh token.

use ::cookie::Cookie;
use ::cookie::CookieBuilder;
use ::cookie::time::Duration;
use http::HeaderMap;
use http::HeaderValue;
use http::header::COOKIE;
use jwt_auth_grammar::cookie::SECURE_PREFIX;
use jwt_auth_grammar::cookie::without_prefix;

use crate::credential::error::CredentialError;
use crate::declaration::spec::CookieSpec;
use crate::declaration::spec::SameSite;
use crate::declaration::spec::Spec;

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

/// Whether browsers accept a cookie of this length.
pub(crate) fn is_kept(name: &str, token: &str) -> bool {
    name.len().saturating_add(token.len()) <= MAX_LENGTH
}

/// The header that sets the cookie. `None` if browsers would drop the cookie because it is too long.
pub(crate) fn set_cookie(name: &str, spec: &CookieSpec, token: &str, max_age: u64) -> Option<HeaderValue> {
    if !is_kept(name, token) {
        return None;
    }
    let max_age = Duration::seconds(i64::try_from(max_age).unwrap_or(i64::MAX));
    header(&attributes(name, spec, token).max_age(max_age).build())
}

/// The header that removes the cookie. `None` only for a cookie that [`set_cookie`] cannot set either.
pub(crate) fn remove_cookie(name: &str, spec: &CookieSpec) -> Option<HeaderValue> {
    let mut cookie = attributes(name, spec, "").build();
    cookie.make_removal();
    header(&cookie)
}

fn attributes<'c>(name: &'c str, spec: &CookieSpec, value: &'c str) -> CookieBuilder<'c> {
    let same_site = match spec.same_site {
        SameSite::Strict => ::cookie::SameSite::Strict,
        SameSite::Lax => ::cookie::SameSite::Lax,
        SameSite::None => ::cookie::SameSite::None,
    };
    let builder = Cookie::build((name, value)).path(spec.path).secure(spec.secure).http_only(true).same_site(same_site);
    match spec.domain {
        Some(domain) => builder.domain(domain),
        None => builder,
    }
}

fn header(cookie: &Cookie<'_>) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(&cookie.to_string()).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// The name and attributes of the cookie. They are derived from those of the access token's cookie.
pub(crate) struct RefreshCookie {
    name: String,
    spec: CookieSpec,
}

impl RefreshCookie {
    /// The cookie of a declaration with a `refresh_url`. A `__Host-` cookie is sent to every path, so this one has the
    /// prefix `__Secure-`.
    pub(crate) fn of(spec: &Spec) -> Option<Self> {
        let (cookie, path) = (spec.cookie?, spec.refresh_url?);
        let prefix = if cookie.secure { SECURE_PREFIX } else { "" };
        let name = format!("{prefix}{}-refresh", without_prefix(cookie.name));
        Some(Self { name, spec: cookie.path(path).same_site(SameSite::Strict) })
    }

    pub(crate) fn set(&self, refresh_token: &str, max_age: u64) -> Option<HeaderValue> {
        set_cookie(&self.name, &self.spec, refresh_token, max_age)
    }

    pub(crate) fn remove(&self) -> Option<HeaderValue> {
        remove_cookie(&self.name, &self.spec)
    }

    /// The refresh token in the cookie of a request.
    pub(crate) fn find<'r>(&self, headers: &'r HeaderMap) -> Result<&'r str, CredentialError> {
        value(headers, &self.name)?.ok_or(CredentialError::Absent)
    }
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

    // CKE-01
    #[test]
    fn the_default_attributes_are_strict() {
        let header = set_cookie("__Host-token", &CookieSpec::new(), "abc", 60).unwrap();
        assert_eq!(header, "__Host-token=abc; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=60");
        assert!(header.is_sensitive());
    }

    // CKE-04
    #[test]
    fn a_cookie_that_browsers_would_drop_is_not_set() {
        let spec = CookieSpec::new().name("token");
        assert!(set_cookie(spec.name, &spec, &"a".repeat(4091), 60).is_some());
        assert!(set_cookie(spec.name, &spec, &"a".repeat(4092), 60).is_none());
    }

    // CKE-08
    #[test]
    fn a_cookie_is_removed_with_the_attributes_it_was_set_with() {
        let spec = CookieSpec::new().name("__Secure-t").path("/app").domain("example.com").same_site(SameSite::Strict);
        let set = set_cookie(spec.name, &spec, "abc", 60).unwrap();
        let removed = remove_cookie(spec.name, &spec).unwrap();
        let attributes = |header: &HeaderValue| -> Vec<String> {
            let parts = header.to_str().unwrap().split("; ").skip(1).map(str::to_owned);
            parts.filter(|part| !part.starts_with("Max-Age") && !part.starts_with("Expires")).collect()
        };
        assert_eq!(attributes(&set), attributes(&removed));
        assert!(
            removed.to_str().unwrap().starts_with("__Secure-t=; ") && removed.to_str().unwrap().contains("Max-Age=0")
        );
    }
}

#[cfg(test)]
mod refresh_cookie_tests {
    use super::*;

    // CKE-10
    #[test]
    fn the_refresh_cookie_has_one_path_and_is_hidden_from_scripts() {
        let spec = |cookie| Spec::cookie_kind("Auth").cookie(cookie).refresh_url("/refresh");
        let set = |cookie| RefreshCookie::of(&spec(cookie)).unwrap().set("abc", 60).unwrap();
        assert_eq!(
            set(CookieSpec::new()),
            "__Secure-token-refresh=abc; HttpOnly; SameSite=Strict; Secure; Path=/refresh; Max-Age=60"
        );
        assert_eq!(
            set(CookieSpec::new().name("t").secure(false).domain("example.com")),
            "t-refresh=abc; HttpOnly; SameSite=Strict; Path=/refresh; Domain=example.com; Max-Age=60"
        );
        // Browsers compare prefixes without case.
        assert!(set(CookieSpec::new().name("__host-t")).to_str().unwrap().starts_with("__Secure-t-refresh="));
        assert!(RefreshCookie::of(&Spec::cookie_kind("Auth")).is_none());
    }
}

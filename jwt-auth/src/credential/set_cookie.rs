//! Makes `Set-Cookie` headers. A cookie is removed with the same attributes that it was set with, or browsers would
//! keep it.

use cookie::time::Duration;
use cookie::{Cookie, CookieBuilder};
use http::HeaderValue;

use crate::declaration::spec::{CookieSpec, SameSite};

/// The longest name and value together that browsers accept, in bytes (RFC 6265bis section 5.6).
const MAX_LENGTH: usize = 4096;

/// Whether browsers accept a cookie of this length.
pub(crate) fn is_kept(name: &str, token: &str) -> bool {
    name.len().saturating_add(token.len()) <= MAX_LENGTH
}

/// The header that sets the cookie. `None` if browsers would drop the cookie because it is too long.
pub(crate) fn set(name: &str, spec: &CookieSpec, token: &str, max_age: u64) -> Option<HeaderValue> {
    if !is_kept(name, token) {
        return None;
    }
    let max_age = Duration::seconds(i64::try_from(max_age).unwrap_or(i64::MAX));
    header(&attributes(name, spec, token).max_age(max_age).build())
}

/// The header that removes the cookie. `None` only for a cookie that [`set`] cannot set either.
pub(crate) fn remove(name: &str, spec: &CookieSpec) -> Option<HeaderValue> {
    let mut cookie = attributes(name, spec, "").build();
    cookie.make_removal();
    header(&cookie)
}

fn attributes<'c>(name: &'c str, spec: &CookieSpec, value: &'c str) -> CookieBuilder<'c> {
    let same_site = match spec.same_site {
        SameSite::Strict => cookie::SameSite::Strict,
        SameSite::Lax => cookie::SameSite::Lax,
        SameSite::None => cookie::SameSite::None,
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

#[cfg(test)]
mod tests {
    use super::*;

    // CKE-01
    #[test]
    fn the_default_attributes_are_strict() {
        let header = set("__Host-token", &CookieSpec::new(), "abc", 60).unwrap();
        assert_eq!(header, "__Host-token=abc; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=60");
        assert!(header.is_sensitive());
    }

    // CKE-04
    #[test]
    fn a_cookie_that_browsers_would_drop_is_not_set() {
        let spec = CookieSpec::new().name("token");
        assert!(set(spec.name, &spec, &"a".repeat(4091), 60).is_some());
        assert!(set(spec.name, &spec, &"a".repeat(4092), 60).is_none());
    }

    // CKE-08
    #[test]
    fn a_cookie_is_removed_with_the_attributes_it_was_set_with() {
        let spec = CookieSpec::new().name("__Secure-t").path("/app").domain("example.com").same_site(SameSite::Strict);
        let set = set(spec.name, &spec, "abc", 60).unwrap();
        let removed = remove(spec.name, &spec).unwrap();
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

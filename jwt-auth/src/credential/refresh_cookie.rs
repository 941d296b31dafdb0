//! The cookie that carries the refresh token. Browsers send it only to the `refresh_url`, and only with requests from
//! the same site.

use http::{HeaderMap, HeaderValue};
use jwt_auth_grammar::cookie::{SECURE_PREFIX, without_prefix};

use crate::credential::cookie;
use crate::credential::error::CredentialError;
use crate::credential::set_cookie;
use crate::declaration::spec::{CookieSpec, SameSite, Spec};

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
        set_cookie::set(&self.name, &self.spec, refresh_token, max_age)
    }

    pub(crate) fn remove(&self) -> Option<HeaderValue> {
        set_cookie::remove(&self.name, &self.spec)
    }

    /// The refresh token in the cookie of a request.
    pub(crate) fn find<'r>(&self, headers: &'r HeaderMap) -> Result<&'r str, CredentialError> {
        cookie::value(headers, &self.name)?.ok_or(CredentialError::Absent)
    }
}

#[cfg(test)]
mod tests {
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
        assert!(RefreshCookie::of(&Spec::cookie_kind("Auth")).is_none());
    }
}

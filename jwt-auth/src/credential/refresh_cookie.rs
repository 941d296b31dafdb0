//! The cookie that a refresh token lives in: sent to the one path that renews the session, and from no other site.

use http::{HeaderMap, HeaderValue};
use jwt_auth_grammar::cookie::{SECURE_PREFIX, without_prefix};

use crate::credential::cookie;
use crate::credential::error::CredentialError;
use crate::credential::set_cookie;
use crate::declaration::spec::{CookieSpec, SameSite, Spec};

/// Its name and attributes, which follow the access token's cookie.
pub(crate) struct RefreshCookie {
    name: String,
    spec: CookieSpec,
}

impl RefreshCookie {
    /// Where the declaration has a `refresh_url`. A `__Host-` cookie goes to every path, so this one is `__Secure-`.
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

    /// The refresh token of a request.
    pub(crate) fn find<'r>(&self, headers: &'r HeaderMap) -> Result<&'r str, CredentialError> {
        cookie::value(headers, &self.name)?.ok_or(CredentialError::Absent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // CKE-10
    #[test]
    fn it_is_sent_to_one_path_and_read_by_no_script() {
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

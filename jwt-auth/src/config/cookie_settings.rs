//! The settings of the cookie.

use crate::config::builder::Builder;
use crate::credential::cookies::CookieSettings;
use crate::hooks::AuthBackend;

impl<A: AuthBackend, M> Builder<A, M> {
    /// Sends the cookie without `Secure`, for development without TLS. A declared name then loses its prefix `__Host-` or
    /// `__Secure-`, because browsers accept such a name only over TLS: `__Host-token` becomes `token`. The token travels in the
    /// clear, which RFC 6750 section 5.3 forbids. `cookie(same_site = "none")` is then an error of `build()`.
    pub fn insecure_cookie(self) -> Self {
        Self { cookie: CookieSettings { insecure: true, ..self.cookie }, ..self }
    }

    /// Sends the cookie to this host and its subdomains, such as `example.com`. By default browsers send it only to the host that
    /// set it. A declared name with the prefix `__Host-` gets `__Secure-` instead, because browsers accept `__Host-` names only
    /// without a domain (RFC 6265bis section 4.1.3). Every service on a subdomain can then read the token, and replace it with
    /// another. A domain that is no host name with at least two labels is an error of `build()`.
    pub fn cookie_domain(self, domain: impl Into<String>) -> Self {
        Self { cookie: CookieSettings { domain: Some(domain.into()), ..self.cookie }, ..self }
    }

    /// The exact name of the cookie in this deployment. By default it is the declared name, with a prefix that fits the other
    /// settings. Give two services on one host different names. A name whose prefix contradicts the path, the domain or
    /// [`insecure_cookie`](Self::insecure_cookie) is an error of `build()`.
    pub fn cookie_name(self, name: impl Into<String>) -> Self {
        Self { cookie: CookieSettings { name: Some(name.into()), ..self.cookie }, ..self }
    }
}

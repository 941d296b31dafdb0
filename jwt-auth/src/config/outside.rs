//! How the service is reached from outside: the rules for the settings, and what they are made into.

use std::sync::Arc;

use http::Method;
use ipnet::IpNet;
use jwt_auth_grammar::raw_path::is_unambiguous;

use crate::config::build_error::Mistakes;
use crate::credential::csrf::Pages;
use crate::declaration::exclude::ExcludeSet;
use crate::peer::forwarded::ForwardedHeaders;
use crate::peer::origin::normalized;
use crate::peer::proxies::{PeerOf, Proxies};

/// How the service is reached from outside, as the builder has it.
pub(crate) struct Outside {
    pub(crate) trusted_proxies: Vec<String>,
    pub(crate) forwarded_headers: ForwardedHeaders,
    pub(crate) own_origins: Vec<String>,
    pub(crate) allowed_origins: Vec<String>,
    pub(crate) public_prefix: String,
    pub(crate) sign_in_page: Option<String>,
    peer_of: PeerOf,
}

impl Outside {
    pub(crate) fn new(peer_of: PeerOf) -> Self {
        Self {
            trusted_proxies: Vec::new(),
            forwarded_headers: ForwardedHeaders::Either,
            own_origins: Vec::new(),
            allowed_origins: Vec::new(),
            public_prefix: String::new(),
            sign_in_page: None,
            peer_of,
        }
    }

    /// Checks every rule. `open` are the patterns of open routes.
    pub(crate) fn check(&self, open: &ExcludeSet, mistakes: &mut Mistakes) {
        for wrong in self.networks().err().into_iter().flatten() {
            mistakes.add_text(format!("`trusted_proxies`: {wrong}"));
        }
        for (setting, origins) in [("own_origin", &self.own_origins), ("allowed_origin", &self.allowed_origins)] {
            for wrong in origins.iter().filter_map(|origin| normalized(origin).err()) {
                mistakes.add_text(format!("`{setting}` is not an origin that browsers send: {wrong}"));
            }
        }
        if !is_prefix(&self.public_prefix) {
            mistakes.add_text(format!(
                "`public_prefix` is not a plain path: `{}`; write it as browsers see it, such as `/api`",
                self.public_prefix.escape_debug()
            ));
        }
        if let Some(wrong) = self.sign_in_page_mistake(open) {
            mistakes.add_text(wrong);
        }
    }

    /// What is wrong with the sign-in page, if anything.
    fn sign_in_page_mistake(&self, open: &ExcludeSet) -> Option<String> {
        let page = self.sign_in_page.as_ref()?;
        if page == "/" || !page.is_empty() && is_prefix(page) {
            let is_open = open.is_open(&Method::GET, None, page);
            return (!is_open).then(|| {
                format!(
                    "`sign_in_page`: `{page}` is not open, so the redirect to it would never end; add `\"{page}\"` to `exclude`"
                )
            });
        }
        Some(format!("`sign_in_page` is not a plain path: `{}`; write it as in `exclude`", page.escape_debug()))
    }

    fn networks(&self) -> Result<Vec<IpNet>, Vec<String>> {
        Proxies::networks(&self.trusted_proxies)
    }

    /// The proxies, from checked settings.
    pub(crate) fn proxies(&self) -> Arc<Proxies> {
        let networks = self.networks().unwrap_or_default();
        Arc::new(Proxies::new(networks, self.forwarded_headers, self.peer_of))
    }

    /// The pages that may send unsafe requests with the cookie, from checked settings.
    pub(crate) fn pages(&self, proxies: &Arc<Proxies>, cookie_is_secure: bool) -> Pages {
        let all = |origins: &[String]| origins.iter().filter_map(|origin| normalized(origin).ok()).collect();
        Pages {
            own: all(&self.own_origins),
            allowed: all(&self.allowed_origins),
            cookie_is_secure,
            proxies: Arc::clone(proxies),
        }
    }
}

/// Whether the text can stand before every path: it is empty, or a clean path without a slash at its end.
fn is_prefix(prefix: &str) -> bool {
    let is_plain =
        prefix.bytes().all(|byte| byte.is_ascii_graphic() && !b"{}*\"<>?#%".contains(&byte)) && !prefix.contains("//");
    prefix.is_empty() || prefix.starts_with('/') && !prefix.ends_with('/') && is_plain && is_unambiguous(prefix)
}

#[cfg(test)]
mod tests {
    use super::*;

    // B4
    #[test]
    fn a_prefix_is_a_plain_path() {
        assert!(["", "/api", "/api/v1", "/~ann", "/a.b-c_d"].into_iter().all(is_prefix));
        for bad in [
            "api",
            "/",
            "/api/",
            "//api",
            "/a//b",
            "/../a",
            "/a/.",
            "/{tenant}",
            "/a?b",
            "/a#b",
            "/a;b",
            "/a%2fb",
            "/ä",
            "/a b",
            "https://a/b",
        ] {
            assert!(!is_prefix(bad), "{bad}");
        }
    }
}

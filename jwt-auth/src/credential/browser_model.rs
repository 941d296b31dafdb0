//! Every combination of the settings of the cookies, in a model of a browser: each combination works, does not compile, or is an
//! error of `build()`.

use http::HeaderValue;
use jwt_auth_grammar::cookie::{Conflict, Cookie as Attributes, Prefix};

use crate::credential::cookies::{CookieSettings, Cookies};
use crate::declaration::spec::{CookieSpec, SameSite, Spec};

/// A cookie as a browser keeps it (RFC 6265bis section 5.7).
#[derive(Debug)]
struct Kept {
    path: String,
    /// `None` for a cookie of the host alone.
    domain: Option<String>,
    secure: bool,
    same_site: String,
}

const HOST: &str = "app.example.com";
const SUBDOMAIN: &str = "deep.app.example.com";

/// Whether the browser keeps the cookie that an answer of `HOST` sets.
fn keep(set: &HeaderValue, over_tls: bool) -> Option<Kept> {
    let text = set.to_str().ok()?;
    let mut parts = text.split("; ");
    let (name, _) = parts.next()?.split_once('=')?;
    let parts: Vec<&str> = parts.collect();
    let value = |key: &str| parts.iter().find_map(|part| part.strip_prefix(key)).map(str::to_owned);
    let kept = Kept {
        path: value("Path=")?,
        domain: value("Domain="),
        secure: parts.contains(&"Secure"),
        same_site: value("SameSite=")?,
    };
    let is_of_host =
        kept.domain.as_deref().is_none_or(|domain| HOST == domain || HOST.ends_with(&format!(".{domain}")));
    let prefix_is_kept = match Prefix::of(name) {
        Prefix::None => true,
        Prefix::Secure => kept.secure,
        Prefix::Host => kept.secure && kept.domain.is_none() && kept.path == "/",
    };
    let is_kept = is_of_host
        && prefix_is_kept
        && (over_tls || !kept.secure)
        && (kept.same_site != "None" || kept.secure)
        && parts.contains(&"HttpOnly");
    is_kept.then_some(kept)
}

/// Who makes the browser send a `POST`.
#[derive(Clone, Copy, PartialEq)]
enum From {
    OwnPage,
    OtherSite,
}

impl Kept {
    fn is_sent(&self, host: &str, path: &str, from: From, over_tls: bool) -> bool {
        let is_below = path == self.path
            || path.strip_prefix(&self.path).is_some_and(|rest| self.path.ends_with('/') || rest.starts_with('/'));
        let is_of_host = match &self.domain {
            None => host == HOST,
            Some(domain) => host == domain || host.ends_with(&format!(".{domain}")),
        };
        is_below && is_of_host && (over_tls || !self.secure) && (from == From::OwnPage || self.same_site == "None")
    }
}

/// Checks that the browser keeps both cookies and sends them where they are needed.
fn check(cookies: &Cookies, spec: &CookieSpec, settings: &CookieSettings, prefix: &str) {
    let over_tls = !settings.insecure;
    let session = cookies.session.as_ref().unwrap();
    let kept = keep(&session.set("a.b.c", 60).unwrap(), over_tls).unwrap_or_else(|| panic!("{session:?}"));
    let page = format!("{prefix}{}/orders", spec.path.trim_end_matches('/'));
    let renewal = format!("{prefix}/auth/refresh");
    assert!(kept.is_sent(HOST, &page, From::OwnPage, over_tls), "{kept:?}");
    assert_eq!(kept.is_sent(SUBDOMAIN, &page, From::OwnPage, over_tls), settings.domain.is_some(), "{kept:?}");
    let is_embedded = spec.same_site == SameSite::None;
    assert_eq!(kept.is_sent(HOST, &page, From::OtherSite, over_tls), is_embedded, "{kept:?}");
    let removed = keep(&session.remove().unwrap(), over_tls).unwrap();
    assert_eq!((&removed.path, &removed.domain), (&kept.path, &kept.domain));
    let Some(refresh) = &cookies.refresh else { return };
    assert_ne!(refresh.name, session.name);
    let kept = keep(&refresh.set("abc", 60).unwrap(), over_tls).unwrap_or_else(|| panic!("{refresh:?}"));
    assert!(kept.is_sent(HOST, &renewal, From::OwnPage, over_tls), "{kept:?}");
    assert!(!kept.is_sent(HOST, &format!("{prefix}/orders"), From::OwnPage, over_tls), "{kept:?}");
    // B6
    assert_eq!(kept.is_sent(HOST, &renewal, From::OtherSite, over_tls), is_embedded, "{kept:?}");
    assert!(keep(&refresh.remove().unwrap(), over_tls).is_some());
}

// B6, B13, CKE-01, CKE-02, CKE-10
#[test]
fn every_combination_works_or_is_refused() {
    let (mut works, mut refused) = (0, 0);
    for name in ["__Host-token", "__host-t", "__Secure-token", "__Http-token", "token"] {
        for path in ["/", "/app"] {
            let attributes = Attributes { name, path, ..Attributes::DEFAULT };
            if attributes.conflicts().contains(&Conflict::Path) {
                // Does not compile: `ui-tests/fail/cookie/host_with_a_path.rs`.
                continue;
            }
            for same_site in [SameSite::Strict, SameSite::Lax, SameSite::None] {
                let declared = CookieSpec::new().name(name).path(path).same_site(same_site);
                let spec = Spec::cookie_kind("Auth").cookie(declared);
                for spec in [spec, spec.refresh_url("/auth/refresh")] {
                    for insecure in [false, true] {
                        for domain in [None, Some("example.com"), Some(HOST)] {
                            for exact in [None, Some("sid"), Some("__Secure-sid"), Some("__Host-sid")] {
                                let (domain, name) = (domain.map(str::to_owned), exact.map(str::to_owned));
                                let settings = CookieSettings { insecure, domain, name };
                                let has_prefix = exact.is_some_and(|name| name.starts_with("__"));
                                let is_wrong = insecure && (same_site == SameSite::None || has_prefix)
                                    || (exact == Some("__Host-sid") && (path != "/" || settings.domain.is_some()));
                                // B4
                                for prefix in ["", "/shop"] {
                                    match Cookies::resolve(&spec, &settings, prefix) {
                                        Ok(cookies) => {
                                            assert!(!is_wrong, "{spec:?} {settings:?}");
                                            check(&cookies, &declared, &settings, prefix);
                                            works += 1;
                                        }
                                        Err(mistakes) => {
                                            assert!(is_wrong && !mistakes.is_empty(), "{settings:?} {mistakes:?}");
                                            refused += 1;
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
    assert!(works > 500 && refused > 100, "{works} {refused}");
}

fn resolved(settings: &CookieSettings) -> (String, String) {
    let spec = Spec::cookie_kind("Auth").refresh_url("/refresh");
    let Cookies { session, refresh } = Cookies::resolve(&spec, settings, "").unwrap();
    let text = |header: HeaderValue| header.to_str().unwrap().to_owned();
    (text(session.unwrap().set("a", 60).unwrap()), text(refresh.unwrap().set("b", 60).unwrap()))
}

// B13, CKE-10
#[test]
fn the_names_follow_the_settings() {
    let (session, refresh) = resolved(&CookieSettings::default());
    assert_eq!(session, "__Host-token=a; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=60");
    assert_eq!(refresh, "__Secure-token-refresh=b; HttpOnly; SameSite=Strict; Secure; Path=/refresh; Max-Age=60");
    let (session, refresh) = resolved(&CookieSettings { insecure: true, ..CookieSettings::default() });
    assert_eq!(session, "token=a; HttpOnly; SameSite=Lax; Path=/; Max-Age=60");
    assert_eq!(refresh, "token-refresh=b; HttpOnly; SameSite=Strict; Path=/refresh; Max-Age=60");
    let domain = Some("example.com".to_owned());
    let (session, refresh) = resolved(&CookieSettings { domain, ..CookieSettings::default() });
    assert_eq!(session, "__Secure-token=a; HttpOnly; SameSite=Lax; Secure; Path=/; Domain=example.com; Max-Age=60");
    assert!(refresh.starts_with("__Secure-token-refresh=b; ") && refresh.contains("; Domain=example.com; "));
    let name = Some("__Host-shop".to_owned());
    let (session, refresh) = resolved(&CookieSettings { name, ..CookieSettings::default() });
    assert!(session.starts_with("__Host-shop=a; ") && refresh.starts_with("__Secure-shop-refresh=b; "));
}

// B13
#[test]
fn a_mistake_names_its_setting() {
    let host = |text: &str| Some(text.to_owned());
    let all = CookieSettings { insecure: true, domain: host("a.b"), name: host("x") };
    let wrong = |spec: Spec, settings: &CookieSettings| -> Vec<String> {
        let mistakes = Cookies::resolve(&spec, settings, "").unwrap_err();
        mistakes.iter().map(|(setting, mistake)| format!("{setting}: {mistake}")).collect()
    };
    let none: Vec<_> = wrong(Spec::bearer("Auth"), &all);
    assert_eq!(none.len(), 3, "{none:?}");
    assert!(none.iter().all(|mistake| mistake.contains("the backend has no cookie")), "{none:?}");
    assert!(Cookies::resolve(&Spec::bearer("Auth"), &CookieSettings::default(), "").is_ok());
    assert_eq!(wrong(Spec::oauth2("Auth", "/token").without_cookie(), &all).len(), 3);
    let cookie = || Spec::cookie_kind("Auth");
    for domain in ["com", "localhost", ".example.com", "127.0.0.1", "https://example.com", "Example.com", ""] {
        let found = wrong(cookie(), &CookieSettings { domain: host(domain), ..CookieSettings::default() });
        assert!(found.len() == 1 && found[0].starts_with("cookie_domain: a cookie domain must"), "{found:?}");
    }
    let found = wrong(cookie(), &CookieSettings { name: host("my token"), ..CookieSettings::default() });
    assert!(found.len() == 1 && found[0].starts_with("cookie_name: a cookie name can contain"), "{found:?}");
    let found = wrong(cookie(), &CookieSettings { name: host("__Host-a"), ..all });
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].contains("use `\"__Secure-a\"`, or leave out `cookie_domain`"), "{found:?}");
    assert!(found[1].contains("use `\"a\"`, or leave out `insecure_cookie`"), "{found:?}");
}

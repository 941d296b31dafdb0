//! Protection against cross-site request forgery. Browsers send cookies with the requests of any page, so an unsafe
//! request that a cookie authenticates must prove which page sent it. Fetch Metadata decides first, then `Origin`, then
//! `Referer`. An unsafe request with none of these headers is refused. A WebSocket upgrade counts as unsafe.
//!
//! Browsers send no Fetch Metadata with the handshake of a WebSocket, nor over plain HTTP to another machine. There the `Origin` must
//! be one of the service's own: those that the builder names or, without any, the scheme and host of the request itself. That is
//! sound, because a page of another site cannot change the `Host` header of the requests that it causes.

use std::borrow::Cow;
use std::sync::Arc;

use http::header::{HOST, HeaderName, ORIGIN, REFERER, UPGRADE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method};

use crate::credential::header_line::{Repeated, single_line};
use crate::peer::origin::SentOrigin;
use crate::peer::proxies::Proxies;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// A page of another site may have sent this request. The text says why, for the log.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct CrossSite(pub(crate) Cow<'static, str>);

/// A request extension: the request was, or may have been, routed by an unsafe method, even if a layer has changed the
/// method since.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RoutedUnsafe;

/// Which pages may send unsafe requests with the cookie.
#[derive(Clone, Debug)]
pub(crate) struct Pages {
    /// The origins of the service itself. If there are none, the request says where it was sent to.
    pub(crate) own: Vec<String>,
    /// Other origins.
    pub(crate) allowed: Vec<String>,
    /// Whether browsers send the cookie over TLS only, or to this machine.
    pub(crate) cookie_is_secure: bool,
    pub(crate) proxies: Arc<Proxies>,
}

impl Pages {
    /// Checks a request that a cookie authenticates.
    pub(crate) fn check(&self, request: &Parts) -> Result<(), CrossSite> {
        let is_upgrade = request.headers.contains_key(UPGRADE);
        if is_unsafe(request) || is_upgrade { self.prove_own(request) } else { Ok(()) }
    }

    /// Whether the browser reports that a page of another origin caused the request, whatever its method.
    pub(crate) fn is_from_elsewhere(&self, request: &Parts) -> bool {
        let is_own = |site: &HeaderValue| site == "same-origin" || site == "none";
        request.headers.get_all(SEC_FETCH_SITE).iter().any(|site| !is_own(site))
    }

    /// Why a sign-in must set no cookie: a browser reports that a page of another site sent the unsafe request. A client that reports
    /// nothing may sign in: it is no browser, and there is no cookie yet that a page could misuse.
    pub(crate) fn cross_site_sign_in(&self, request: &Parts) -> Option<CrossSite> {
        let is_reported = request.headers.contains_key(SEC_FETCH_SITE) || request.headers.contains_key(ORIGIN);
        if is_reported { self.check(request).err() } else { None }
    }

    /// The host that the browser has sent the request to, with its port: by the word of a trusted proxy or of the request.
    pub(crate) fn host(&self, request: &Parts) -> Option<String> {
        self.proxies.told(request).and_then(|told| told.host).or_else(|| host_of(request))
    }

    /// Checks that a page of the service, or of an allowed origin, sent the request.
    fn prove_own(&self, request: &Parts) -> Result<(), CrossSite> {
        let headers = &request.headers;
        let site = single(headers, &SEC_FETCH_SITE)?;
        if site.is_some_and(|site| site == "same-origin" || site == "none") {
            return Ok(());
        }
        let (origin, referer) = (single(headers, &ORIGIN)?, single(headers, &REFERER)?);
        let named = match (origin, referer, site) {
            (Some(origin), _, _) => origin,
            (None, Some(referer), None) => referer,
            (None, _, Some(site)) => {
                return refuse(format!("it comes from a page whose `Sec-Fetch-Site` is `{}`", cut(site)));
            }
            (None, None, None) => {
                return refuse(
                    "nothing shows which page sent it; a client that is no browser sends the token in a header, or `Sec-Fetch-Site: same-origin`",
                );
            }
        };
        let Some(page) = named.to_str().ok().and_then(SentOrigin::of) else {
            return refuse(format!(
                "it comes from a page that hides its origin (`{}`), because the page is sandboxed, or has a `Referrer-Policy` of `no-referrer`",
                cut(named)
            ));
        };
        if self.allowed.iter().any(|allowed| allowed == page.as_str()) {
            return Ok(());
        }
        if site.is_some() {
            return refuse(format!(
                "it comes from a page of `{}`; if that page is yours, name its origin with `allowed_origin`",
                cut(named)
            ));
        }
        self.is_of_service(page, request)
    }

    /// Checks that the page is one of the service's own.
    fn is_of_service(&self, page: SentOrigin<'_>, request: &Parts) -> Result<(), CrossSite> {
        let origin = page.as_str().escape_debug().take(MAX_SHOWN).collect::<String>();
        if !self.own.is_empty() {
            return if self.own.iter().any(|own| own == page.as_str()) {
                Ok(())
            } else {
                refuse(format!(
                    "it comes from a page of `{origin}`, which is no `own_origin`; if that page is yours, name its origin with `allowed_origin`"
                ))
            };
        }
        let scheme = self.proxies.told(request).and_then(|told| told.scheme);
        let Some(host) = self.host(request) else {
            return refuse("it names no host; name the origin of the service with `own_origin`");
        };
        if !page.is_at(&host) {
            return refuse(format!(
                "it comes from a page of `{origin}`, and the request is for `{}`; if that page is the service's own, name it with `own_origin`, or let the proxy pass the host on and name the proxy with `trusted_proxies`; if it is another page of yours, name it with `allowed_origin`",
                host.escape_debug().take(MAX_SHOWN).collect::<String>()
            ));
        }
        match scheme {
            Some(scheme) if scheme == page.scheme() => Ok(()),
            Some(scheme) => {
                refuse(format!("it comes from a page of `{origin}`, and the proxy received the request by `{scheme}`"))
            }
            None if !self.cookie_is_secure || page.scheme() == "https" || page.is_loopback() => Ok(()),
            None => refuse(format!(
                "it comes from a page of `{origin}`, without TLS, and browsers keep the cookie, which is `Secure`, only with TLS; serve the page by `https` or, for development, call `insecure_cookie()`"
            )),
        }
    }
}

/// Most of the bytes that a client sends are no origin, so the log shows no more than this.
const MAX_SHOWN: usize = 100;

fn cut(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).escape_debug().take(MAX_SHOWN).collect()
}

fn refuse(why: impl Into<Cow<'static, str>>) -> Result<(), CrossSite> {
    Err(CrossSite(why.into()))
}

/// The host that the request was sent to (RFC 9110 section 7.2). HTTP/2 has it in the URI.
fn host_of(request: &Parts) -> Option<String> {
    let host = match single_line(&request.headers, &HOST) {
        Ok(Some(host)) => host.to_str().ok(),
        Ok(None) => request.uri.authority().map(http::uri::Authority::as_str),
        Err(Repeated) => None,
    };
    host.filter(|host| !host.is_empty()).map(str::to_owned)
}

fn is_unsafe(request: &Parts) -> bool {
    !is_safe(&request.method) || request.extensions.get::<RoutedUnsafe>().is_some()
}

/// The safe methods of RFC 9110 section 9.2.1. Any other method may change something.
pub(crate) fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE)
}

/// A repeated header is refused, since it proves nothing.
fn single<'r>(headers: &'r HeaderMap, name: &HeaderName) -> Result<Option<&'r HeaderValue>, CrossSite> {
    single_line(headers, name).map_err(|Repeated| CrossSite(format!("it has `{name}` more than once").into()))
}

#[cfg(test)]
mod tests;

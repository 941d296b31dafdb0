//! Pages and calls: a browser that opens a page without a valid token is sent to the sign-in page, and after the sign-in back to
//! where it wanted to go. A call of a script or of another client gets the usual refusal.

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Redirect, Response};
use http::header::{ACCEPT, AUTHORIZATION, HeaderName, UPGRADE};
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::config::builder::Builder;
use crate::hooks::AuthBackend;
use crate::rejection::Rejection;
use crate::rejection::challenge::{KeepsRequest, Presentation};
use crate::rejection::reason::RejectionReason;
use crate::web::request_state::{RequestState, requested};

const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// The name of the query parameter.
const RETURN_TO: &str = "return_to";
/// A longer path is left out, because some proxies refuse long URLs. In bytes.
const MAX_RETURN_TO: usize = 2_048;
/// The characters of a path that stay as they are in a query parameter, so that the URL can be read.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'~');

impl<A: AuthBackend, M> Builder<A, M> {
    /// Redirects a browser that opens a page without a valid token to this page, with the wanted page as `?return_to=...` (left out
    /// if it is longer than 2048 bytes). A sign-in handler takes [`ReturnTo`] and redirects the browser back there:
    ///
    /// ```
    /// # use axum::{Router, response::{Html, IntoResponse, Redirect}, routing::get};
    /// # use jwt_auth::{auth_backend, AuthSession, JwtUser, Keys, LoginError, ReturnTo};
    /// # #[derive(Clone, JwtUser)] struct User { #[jwt_user(id)] id: u64 }
    /// #[auth_backend(kind = "cookie", user = User, exclude = ["/sign-in"])]
    /// struct Auth;
    ///
    /// // A form without `action` posts to the URL of its page, and so keeps `return_to`.
    /// async fn form() -> Html<&'static str> {
    ///     Html("<form method=post>...</form>")
    /// }
    ///
    /// async fn sign_in(session: AuthSession<Auth>, back: ReturnTo) -> Result<impl IntoResponse, LoginError> {
    ///     Ok((session.login(&User { id: 7 }).await?, back.or("/")))
    /// }
    ///
    /// # fn app(keys: Keys) -> Result<(), Box<dyn std::error::Error>> {
    /// let auth = Auth.backend().keys(keys).issuer("https://shop.example.com").sign_in_page("/sign-in").build()?;
    /// let app = auth.protect(Router::new().route("/sign-in", get(form).post(sign_in)))?;
    /// # Ok(()) }
    /// ```
    ///
    /// Calls get the usual refusal: a 401 with a challenge and a JSON body, or what
    /// [`rejection_response`](Self::rejection_response) makes. A request is for a page if the browser says so
    /// (`Sec-Fetch-Mode: navigate`) or, where browsers do not say it (plain HTTP), if `Accept` names `text/html`. A request with
    /// `Authorization`, `X-Requested-With` or `HX-Request`, and a WebSocket, are calls. Only a 401 and the 400 of a repeated cookie are
    /// replaced by the redirect; any other refusal of a page is answered as usual.
    ///
    /// The path is written as in `exclude`, without the [`public_prefix`](Self::public_prefix). It must be open for `GET`, otherwise
    /// `build()` fails, because the redirect would never end. If a handler at the page itself refuses a request, for example for a
    /// cookie that it does not accept, the answer is no redirect.
    #[doc(alias = "login_url")]
    #[doc(alias = "redirect")]
    #[doc(alias = "next")]
    pub fn sign_in_page(mut self, path: impl Into<String>) -> Self {
        self.outside.sign_in_page = Some(path.into());
        self.web.insert(KeepsRequest);
        self
    }
}

/// The redirect to the sign-in page, if there is one, the request is for a page, and a sign-in can help.
pub(crate) fn to_sign_in(rejection: &Rejection, presentation: &Presentation, request: &Parts) -> Option<Response> {
    let can_help =
        rejection.status() == StatusCode::UNAUTHORIZED || *rejection.reason() == RejectionReason::RepeatedCookie;
    let page = presentation.sign_in_page()?;
    if !can_help || !is_page(&request.method, &request.headers) {
        return None;
    }
    // A handler there refuses the request too, for example for the cookie of another service, so the redirect would not end.
    if requested(request, &page.prefix).path() == page.path {
        return None;
    }
    let wanted = if request.method == Method::GET { wanted(request, &page.prefix) } else { None };
    let mut location = format!("{}{}", page.prefix, page.path);
    if let Some(wanted) = wanted.filter(|wanted| wanted.len() <= MAX_RETURN_TO && is_local(wanted)) {
        location.push_str(&format!("?{RETURN_TO}={}", utf8_percent_encode(&wanted, QUERY)));
    }
    Some(Redirect::to(&location).into_response())
}

/// Whether a browser loads a page by this request.
fn is_page(method: &Method, headers: &HeaderMap) -> bool {
    let is_call = [AUTHORIZATION, UPGRADE].iter().any(|name| headers.contains_key(name))
        || ["x-requested-with", "hx-request"].iter().any(|name| headers.contains_key(*name));
    let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    match text(&SEC_FETCH_MODE) {
        _ if is_call => false,
        // `object` and `embed` load parts of a page.
        Some(mode) => mode == "navigate" && !matches!(text(&SEC_FETCH_DEST), Some("object" | "embed")),
        None => {
            let accepted = text(&ACCEPT).unwrap_or_default().split(',');
            let mut types = accepted.filter_map(|accepted| accepted.split(';').next());
            *method != Method::OPTIONS && types.any(|accepted| accepted.trim().eq_ignore_ascii_case("text/html"))
        }
    }
}

/// The path and the query that the browser asked for, as it sees them.
fn wanted(request: &Parts, prefix: &str) -> Option<String> {
    requested(request, prefix).path_and_query().map(|path| format!("{prefix}{path}"))
}

/// Whether a redirect to this text stays at the service: it is a path, with or without a query. Browsers drop tabs and line
/// breaks, and read a backslash as a slash, so `/\t/evil.example` would leave the service like `//evil.example`.
fn is_local(path: &str) -> bool {
    let is_printable = path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    path.starts_with('/') && is_printable && !has_empty_or_dot_segment(path)
}

/// An empty segment, or one that browsers resolve, before the query. The last segment may be empty.
fn has_empty_or_dot_segment(path: &str) -> bool {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        let plain = segment.to_ascii_lowercase().replace("%2e", ".");
        if plain == "." || plain == ".." || segment.is_empty() && !is_last {
            return true;
        }
    }
    false
}

/// Where the browser wanted to go before it was sent to the [sign-in page](Builder::sign_in_page): the query parameter `return_to`
/// of the request, if it is a path of this service. Anything else, such as the URL of another site, is ignored, so that a link
/// cannot use the sign-in to lead users away.
///
/// The extractor never fails.
#[derive(Clone, Debug, PartialEq, Eq)]
#[doc(alias = "next")]
pub struct ReturnTo {
    path: Option<String>,
    prefix: String,
}

impl ReturnTo {
    /// A redirect (303) to where the browser wanted to go, or to `path` if it said nothing. `path` is written without the
    /// [`public_prefix`](Builder::public_prefix).
    #[must_use = "a redirect does nothing unless the handler returns it"]
    pub fn or(self, path: &str) -> Redirect {
        match &self.path {
            Some(wanted) => Redirect::to(wanted),
            None => Redirect::to(&format!("{}{path}", self.prefix)),
        }
    }

    /// The path and query, as browsers see them. `None` if the request names none.
    pub fn path(&self) -> Option<&str> {
        self.path.as_deref()
    }
}

impl<S: Sync> FromRequestParts<S> for ReturnTo {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
        let prefix = RequestState::of(parts, "ReturnTo")?.public_prefix().to_owned();
        let query = parts.uri.query().unwrap_or_default();
        let mut named = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == RETURN_TO);
        let path = match (named.next(), named.next()) {
            (Some((_, path)), None) => {
                Some(path.into_owned()).filter(|path| path.len() <= MAX_RETURN_TO && is_local(path))
            }
            _ => None,
        };
        Ok(Self { path, prefix })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    // A redirect to such a text must stay at the service, whatever the browser makes of it.
    #[test]
    fn only_a_path_of_the_service_is_local() {
        for local in
            ["/", "/orders", "/orders/7?page=2&sort=a/b", "/a%2Fb", "/a/", "/?next=https://evil.example", "/a:b@c"]
        {
            assert!(is_local(local), "{local}");
        }
        for elsewhere in [
            "",
            "orders",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\/evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "https://evil.example",
            "javascript:alert(1)",
            "/..//evil.example",
            "/.//evil.example",
            "/a/..//evil.example",
            "/%2e%2e//evil.example",
            "/a//b",
            "/ä",
            "/a b",
            " /a",
            "/a/./b",
        ] {
            assert!(!is_local(elsewhere), "{elsewhere:?}");
        }
    }

    #[test]
    fn a_browser_that_loads_a_page_is_told_from_a_call() {
        let is_page = |lines: &[(&'static str, &'static str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in lines {
                headers.append(*name, HeaderValue::from_static(value));
            }
            is_page(&Method::GET, &headers)
        };
        let html = ("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8");
        assert!(is_page(&[("sec-fetch-mode", "navigate"), html]) && is_page(&[html]));
        assert!(is_page(&[("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe")]));
        for call in [
            &[("accept", "*/*")][..],
            &[("accept", "application/json")],
            &[("accept", "text/htmlx")],
            &[],
            &[("sec-fetch-mode", "cors"), html],
            &[("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "embed")],
            &[html, ("authorization", "Bearer x")],
            &[html, ("x-requested-with", "XMLHttpRequest")],
            &[html, ("hx-request", "true")],
            &[html, ("upgrade", "websocket")],
        ] {
            assert!(!is_page(call), "{call:?}");
        }
    }
}

//! The cookies of a backend in one deployment, from the declaration and the settings of the builder.

use http::HeaderValue;
use jwt_auth_grammar::cookie::{
    Conflict, Cookie as Attributes, Prefix, SECURE_PREFIX, check_domain, check_name, without_prefix,
};

use crate::credential::cookie::SessionCookie;
use crate::declaration::spec::{CookieSpec, SameSite, Spec};

/// The settings of the cookie that differ between deployments.
#[derive(Clone, Debug, Default)]
pub(crate) struct CookieSettings {
    pub(crate) insecure: bool,
    pub(crate) domain: Option<String>,
    pub(crate) name: Option<String>,
}

/// The cookies of a backend.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cookies {
    /// Carries the access token. `None` if only a header carries it.
    pub(crate) session: Option<SessionCookie>,
    /// Carries the refresh token, to `refresh_url` only.
    pub(crate) refresh: Option<SessionCookie>,
}

/// A setting of the builder, and what is wrong with it.
pub(crate) type Mistake = (&'static str, String);

const INSECURE: &str = "insecure_cookie";
const DOMAIN: &str = "cookie_domain";
const NAME: &str = "cookie_name";

impl Cookies {
    /// The name and the attributes of each cookie in this deployment. A `__Host-` cookie is sent to every path of one host, so the
    /// refresh token's cookie, and every cookie with a domain, has the prefix `__Secure-` instead. Without `Secure` there is no
    /// prefix.
    ///
    /// # Errors
    ///
    /// Each setting that contradicts the declaration, or that makes a cookie which browsers drop.
    pub(crate) fn resolve(spec: &Spec, settings: &CookieSettings, public_prefix: &str) -> Result<Self, Vec<Mistake>> {
        let Some(declared) = spec.cookie else { return without_cookie(settings) };
        let session = SessionCookie {
            name: settings.name.clone().unwrap_or_else(|| name(declared.name, settings)),
            path: public_path(declared.path, public_prefix),
            domain: settings.domain.clone(),
            secure: !settings.insecure,
            same_site: declared.same_site,
        };
        let mistakes = mistakes(&session, &declared, settings);
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        let refresh = spec.refresh_url.map(|path| SessionCookie {
            name: format!("{}{}-refresh", secure_prefix(settings), without_prefix(&session.name)),
            path: public_path(path, public_prefix),
            // Pages of other sites use the session only if its cookie is sent with their requests.
            same_site: if session.same_site == SameSite::None { SameSite::None } else { SameSite::Strict },
            ..session.clone()
        });
        Ok(Self { session: Some(session), refresh })
    }
}

impl Cookies {
    /// The headers that remove the cookies of this deployment.
    pub(crate) fn remove(&self) -> Vec<HeaderValue> {
        self.session.iter().chain(&self.refresh).filter_map(SessionCookie::remove).collect()
    }
}

/// The path that a browser sends the cookie to. `/` stays as it is: a `__Host-` cookie has no other path.
fn public_path(path: &str, public_prefix: &str) -> String {
    if path == "/" { path.to_owned() } else { format!("{public_prefix}{path}") }
}

fn secure_prefix(settings: &CookieSettings) -> &'static str {
    if settings.insecure { "" } else { SECURE_PREFIX }
}

/// The declared name, with a prefix that allows the settings.
fn name(declared: &str, settings: &CookieSettings) -> String {
    let prefix = Prefix::of(declared);
    if prefix == Prefix::None || !(settings.insecure || (settings.domain.is_some() && prefix == Prefix::Host)) {
        return declared.to_owned();
    }
    format!("{}{}", secure_prefix(settings), without_prefix(declared))
}

fn without_cookie(settings: &CookieSettings) -> Result<Cookies, Vec<Mistake>> {
    let set = [(INSECURE, settings.insecure), (DOMAIN, settings.domain.is_some()), (NAME, settings.name.is_some())];
    let mistakes: Vec<_> = set
        .into_iter()
        .filter(|(_, is_set)| *is_set)
        .map(|(setting, _)| (setting, "the backend has no cookie; leave this setting out".to_owned()))
        .collect();
    if mistakes.is_empty() { Ok(Cookies::default()) } else { Err(mistakes) }
}

fn mistakes(session: &SessionCookie, declared: &CookieSpec, settings: &CookieSettings) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    if let Some(Err(error)) = settings.domain.as_deref().map(check_domain) {
        mistakes.push((DOMAIN, error.to_string()));
    }
    let name = &session.name;
    if let Some(Err(error)) = settings.name.as_deref().map(check_name) {
        mistakes.push((NAME, error.to_string()));
    }
    let attributes = Attributes {
        name,
        path: declared.path,
        domain: session.domain.as_deref(),
        secure: session.secure,
        same_site: session.same_site,
    };
    let bare = without_prefix(name);
    mistakes.extend(attributes.conflicts().into_iter().map(|conflict| match conflict {
        Conflict::Path => {
            let path = declared.path;
            (NAME, format!("browsers accept the name `{name}` only with the path `/`, and the declaration has `path = \"{path}\"`; use `\"{SECURE_PREFIX}{bare}\"`"))
        }
        Conflict::Domain => {
            (NAME, format!("browsers accept the name `{name}` only without a domain; use `\"{SECURE_PREFIX}{bare}\"`, or leave out `cookie_domain`"))
        }
        Conflict::Secure => {
            (NAME, format!("browsers accept the name `{name}` only with `Secure`; use `\"{bare}\"`, or leave out `insecure_cookie`"))
        }
        Conflict::SameSite => {
            (INSECURE, "browsers drop a cookie with `same_site = \"none\"` and without `Secure`; leave out `insecure_cookie` and use TLS, or declare `same_site = \"lax\"`".to_owned())
        }
    }));
    mistakes
}

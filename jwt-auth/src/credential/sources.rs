//! Finds the bytes in a request that claim to be a token. It does not verify them.

use http::header::{AUTHORIZATION, HeaderName};
use http::request::Parts;
use http::{HeaderMap, HeaderValue};

use crate::credential::cookie_places::CookiePlaces;
use crate::credential::cookies::Cookies;
use crate::credential::csrf::{CrossSite, Pages};
use crate::credential::error::CredentialError;
use crate::credential::{bearer, cookie};

/// The unverified token of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Credential<'r> {
    pub(crate) token: &'r [u8],
    pub(crate) carrier: Carrier,
}

impl Credential<'_> {
    /// Whether the header has the form `Bearer <b64token>`. A cookie is always well-formed, because its grammar does
    /// not limit the token further.
    pub(crate) fn is_well_formed(&self) -> bool {
        self.carrier == Carrier::Cookie || bearer::is_b64token(self.token)
    }
}

/// Where a credential came from. Browsers send cookies with the requests of any page, so a cookie needs a CSRF check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carrier {
    Header,
    Cookie,
}

/// The header and the cookies in which a backend looks for a token.
#[derive(Clone, Debug)]
pub(crate) struct Sources {
    pub(crate) header: Option<HeaderName>,
    pub(crate) cookies: Cookies,
    /// Whose pages may send unsafe requests with the cookie.
    pub(crate) pages: Pages,
    /// The path below which browsers see the service.
    pub(crate) public_prefix: String,
}

impl Sources {
    /// Checks a request with the cookie: it must be safe, or come from a page of the service or of an allowed origin.
    pub(crate) fn check_csrf(&self, request: &Parts) -> Result<(), CrossSite> {
        self.pages.check(request)
    }

    /// Whether the browser reports that a page of another origin caused the request, whatever its method.
    pub(crate) fn is_from_elsewhere(&self, request: &Parts) -> bool {
        self.pages.is_from_elsewhere(request)
    }

    /// Why a sign-in by this request must set no cookie: the browser reports that a page of another site sent it.
    pub(crate) fn cross_site_sign_in(&self, request: &Parts) -> Option<CrossSite> {
        self.pages.cross_site_sign_in(request)
    }

    /// The tokens in all cookies of the backend's name. The header is ignored.
    pub(crate) fn cookies<'r>(&self, headers: &'r HeaderMap) -> impl Iterator<Item = &'r [u8]> {
        let name = self.cookies.session.as_ref().map(|cookie| cookie.name.as_str());
        name.into_iter().flat_map(|name| cookie::values(headers, name)).map(str::as_bytes)
    }

    /// Whether the header has a credential, whatever it is.
    pub(crate) fn has_header(&self, headers: &HeaderMap) -> bool {
        !matches!(self.in_header(headers), Ok(None))
    }

    /// If the cookie is repeated, the headers that remove those that are not of this deployment.
    pub(crate) fn remove_repeated_cookies(&self, request: &Parts) -> Vec<HeaderValue> {
        let is_repeated = self.cookies(&request.headers).nth(1).is_some();
        let Some(cookie) = self.cookies.session.as_ref().filter(|_| is_repeated) else { return Vec::new() };
        cookie.remove_others(&self.places(request, request.uri.path()))
    }

    /// Where a browser may hold the cookies of a request to this path, which is written without the public prefix.
    pub(crate) fn places(&self, request: &Parts, path: &str) -> CookiePlaces {
        CookiePlaces::of(&self.pages.host(request).unwrap_or_default(), &format!("{}{path}", self.public_prefix))
    }

    /// The token in the header. Cookies are ignored.
    pub(crate) fn header<'r>(&self, headers: &'r HeaderMap) -> Option<&'r [u8]> {
        match self.in_header(headers) {
            Ok(Some(bearer::Header::Token(token))) => Some(token),
            _ => None,
        }
    }

    fn in_header<'r>(&self, headers: &'r HeaderMap) -> Result<Option<bearer::Header<'r>>, CredentialError> {
        match &self.header {
            Some(name) if *name == AUTHORIZATION => bearer::authorization(headers),
            Some(name) => bearer::custom(headers, name),
            None => Ok(None),
        }
    }

    /// The credential of a request. If the header is present, the cookie is ignored, even if the header's token is bad.
    /// A repeated header or cookie is always refused, even if the other one would be used.
    pub(crate) fn find<'r>(&self, headers: &'r HeaderMap) -> Result<Credential<'r>, CredentialError> {
        let in_header = self.in_header(headers)?;
        let in_cookie = match &self.cookies.session {
            Some(cookie) => cookie::value(headers, &cookie.name)?,
            None => None,
        };
        match (in_header, in_cookie) {
            (Some(bearer::Header::OtherScheme), _) => Err(CredentialError::OtherScheme),
            (Some(bearer::Header::Token(token)), _) => Ok(Credential { token, carrier: Carrier::Header }),
            (None, Some(token)) => Ok(Credential { token: token.as_bytes(), carrier: Carrier::Cookie }),
            (None, None) => Err(CredentialError::Absent),
        }
    }
}

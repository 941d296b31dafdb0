//! Finding the credential in a request: which bytes claim to be a token. Knows HTTP, no crypto.

use http::HeaderMap;
use http::header::{AUTHORIZATION, HeaderName};
use http::request::Parts;

use crate::credential::csrf::{self, CrossSite};
use crate::credential::error::CredentialError;
use crate::credential::{bearer, cookie};

/// What a request carries, before anything of it is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Credential<'r> {
    pub(crate) token: &'r [u8],
    pub(crate) carrier: Carrier,
}

impl Credential<'_> {
    /// Whether the header is `Bearer <b64token>`, which every token is and most else is not. A cookie has no grammar of its own.
    pub(crate) fn is_well_formed(&self) -> bool {
        self.carrier == Carrier::Cookie || bearer::is_b64token(self.token)
    }
}

/// Where a credential came from. A cookie travels without the page's doing, so it needs a CSRF check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carrier {
    Header,
    Cookie,
}

/// The places a backend looks at.
#[derive(Clone, Debug)]
pub(crate) struct Sources {
    pub(crate) header: Option<HeaderName>,
    pub(crate) cookie: Option<&'static str>,
    /// The origins of other sites whose pages may send unsafe requests by cookie.
    pub(crate) allowed_origins: Vec<String>,
}

impl Sources {
    /// Whether a request that carries the cookie may be answered: it is safe, or a page of ours sent it.
    pub(crate) fn check_csrf(&self, request: &Parts) -> Result<(), CrossSite> {
        csrf::check(request, &self.allowed_origins)
    }

    /// Whether the browser says that a page of another site sent the request, and the request is unsafe.
    pub(crate) fn is_cross_site(&self, request: &Parts) -> bool {
        csrf::is_cross_site(request, &self.allowed_origins)
    }

    /// The tokens of every cookie of the name, whatever the header is.
    pub(crate) fn cookies<'r>(&self, headers: &'r HeaderMap) -> impl Iterator<Item = &'r [u8]> {
        self.cookie.into_iter().flat_map(|name| cookie::values(headers, name)).map(str::as_bytes)
    }

    /// The token in the header, whatever the cookies are.
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

    /// The one credential of a request. A header that is present decides alone; the cookie is never a fallback for
    /// a bad one. A repeated header or cookie is refused even where the other place would decide.
    pub(crate) fn find<'r>(&self, headers: &'r HeaderMap) -> Result<Credential<'r>, CredentialError> {
        let in_header = self.in_header(headers)?;
        let in_cookie = match self.cookie {
            Some(name) => cookie::value(headers, name)?,
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

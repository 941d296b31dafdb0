//! Reads the form of a token request by the rules of RFC 6749 section 3.2.

use std::collections::HashMap;

use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use zeroize::Zeroizing;

use crate::credential::header_line::single_line;
use crate::oauth2::error::GrantError;
use jwt_auth_grammar::scope::is_scope_token;

/// The maximum length of a form, in bytes. A longer one is refused before it is read.
pub(crate) const MAX_BODY: usize = 16 * 1024;

/// The parameters that the endpoints read. Others are ignored, and may be repeated.
const KNOWN: [&str; 8] =
    ["grant_type", "username", "password", "scope", "refresh_token", "client_id", "client_secret", "token"];

/// The parameters of a token request, each at most once.
#[derive(Default)]
pub(crate) struct TokenForm(HashMap<&'static str, Zeroizing<String>>);

impl TokenForm {
    pub(crate) fn parse(body: &[u8]) -> Result<Self, GrantError> {
        // The parser below would replace bytes that are not UTF-8, and so read another text than was sent (RFC 6749
        // appendix B).
        if percent_encoding::percent_decode(body).decode_utf8().is_err() {
            return Err(GrantError::InvalidRequest);
        }
        let mut form = HashMap::new();
        for (name, value) in form_urlencoded::parse(body) {
            let Some(known) = KNOWN.into_iter().find(|known| *known == name) else { continue };
            if form.insert(known, Zeroizing::new(value.into_owned())).is_some() {
                return Err(GrantError::InvalidRequest);
            }
        }
        Ok(Self(form))
    }

    /// The value of a parameter. An empty value counts as missing.
    pub(crate) fn optional(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.as_str()).filter(|value| !value.is_empty())
    }

    pub(crate) fn required(&self, name: &str) -> Result<&str, GrantError> {
        self.optional(name).ok_or(GrantError::InvalidRequest)
    }

    /// The requested scopes. Empty if there is no `scope` parameter.
    pub(crate) fn scopes(&self) -> Result<Vec<&str>, GrantError> {
        let Some(scope) = self.optional("scope") else { return Ok(Vec::new()) };
        let scopes: Vec<&str> = scope.split(' ').collect();
        if scopes.iter().all(|scope| is_scope_token(scope)) { Ok(scopes) } else { Err(GrantError::InvalidScope) }
    }
}

/// Whether the body is a form: a single `Content-Type` of `application/x-www-form-urlencoded`, no other charset than
/// UTF-8, and no `Content-Encoding`.
pub(crate) fn is_form(headers: &HeaderMap) -> bool {
    let Ok(Some(line)) = single_line(headers, &CONTENT_TYPE) else { return false };
    let Ok(content_type) = line.to_str() else { return false };
    let mut parts = content_type.split(';').map(str::trim);
    let is_urlencoded =
        parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case("application/x-www-form-urlencoded"));
    let is_utf8 = |parameter: &str| match parameter.split_once('=') {
        Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
            value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    };
    is_urlencoded && parts.all(is_utf8) && !headers.contains_key(CONTENT_ENCODING)
}

#[cfg(test)]
mod tests {
    use super::*;

    // TOK-02
    #[test]
    fn a_form_is_urlencoded_utf_8() {
        let is_form = |values: &[&str], encoding: Option<&str>| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(CONTENT_TYPE, value.parse().unwrap());
            }
            encoding.iter().for_each(|value| drop(headers.insert(CONTENT_ENCODING, value.parse().unwrap())));
            is_form(&headers)
        };
        let form = "application/x-www-form-urlencoded";
        for good in [
            form,
            "APPLICATION/X-WWW-Form-Urlencoded",
            &format!("{form}; charset=UTF-8"),
            &format!("{form};charset=\"utf-8\"; x=y"),
        ] {
            assert!(is_form(&[good], None), "{good}");
        }
        for bad in [
            "application/json",
            "multipart/form-data",
            "text/plain",
            "",
            &format!("{form}; charset=latin1"),
            &format!("x{form}"),
        ] {
            assert!(!is_form(&[bad], None), "{bad}");
        }
        assert!(!is_form(&[], None) && !is_form(&[form, form], None) && !is_form(&[form], Some("gzip")));
    }
}

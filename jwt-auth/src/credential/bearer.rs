//! Reads a token from the `Authorization` header (RFC 6750 section 2.1), or from a header that the declaration names.

use http::HeaderMap;
use http::header::{AUTHORIZATION, HeaderName, HeaderValue};

use jwt_auth_grammar::token::is_token_char;

use crate::credential::error::CredentialError;
use crate::credential::header_line::{Repeated, single_line};

/// The content of a header that is present.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Header<'r> {
    /// The bytes of the token, unchecked. Only if they turn out not to be a token, [`is_b64token`] decides whether the
    /// header is malformed.
    Token(&'r [u8]),
    OtherScheme,
}

/// The scheme as nearly every client writes it.
const BEARER: &[u8] = b"Bearer ";

/// Reads `credentials = "Bearer" 1*SP b64token`. The scheme is compared without case (RFC 9110 section 11.1).
pub(crate) fn authorization(headers: &HeaderMap) -> Result<Option<Header<'_>>, CredentialError> {
    let Some(value) = single(headers, &AUTHORIZATION)? else { return Ok(None) };
    let bytes = value.as_bytes();
    if let Some((scheme, token)) = bytes.split_at_checked(BEARER.len())
        && scheme.eq_ignore_ascii_case(BEARER)
        && token.first().is_some_and(|byte| *byte != b' ')
    {
        return Ok(Some(Header::Token(token)));
    }
    let end = bytes.iter().position(|byte| !is_token_char(*byte)).unwrap_or(bytes.len());
    let (scheme, rest) = bytes.split_at(end);
    if scheme.is_empty() {
        return Err(CredentialError::Malformed);
    }
    if !scheme.eq_ignore_ascii_case(BEARER.trim_ascii_end()) {
        return Ok(Some(Header::OtherScheme));
    }
    let start = rest.iter().position(|byte| *byte != b' ').unwrap_or(rest.len());
    let (spaces, token) = rest.split_at(start);
    if spaces.is_empty() {
        return Err(CredentialError::Malformed);
    }
    Ok(Some(Header::Token(token)))
}

/// Reads a header such as `X-API-Key`. Its whole value is the token.
pub(crate) fn custom<'r>(headers: &'r HeaderMap, name: &HeaderName) -> Result<Option<Header<'r>>, CredentialError> {
    Ok(single(headers, name)?.map(|value| Header::Token(value.as_bytes())))
}

fn single<'r>(headers: &'r HeaderMap, name: &HeaderName) -> Result<Option<&'r HeaderValue>, CredentialError> {
    single_line(headers, name).map_err(|Repeated| CredentialError::RepeatedHeader)
}

/// `b64token = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="`.
pub(crate) fn is_b64token(bytes: &[u8]) -> bool {
    let padding = bytes.iter().rev().take_while(|byte| **byte == b'=').count();
    let (body, _) = bytes.split_at(bytes.len().saturating_sub(padding));
    // The loop does not stop early, so that the compiler can compare many bytes at once.
    !body.is_empty() && body.iter().fold(true, |legal, byte| legal & is_b64token_char(*byte))
}

fn is_b64token_char(byte: u8) -> bool {
    // `-`, `.`, `/` and the digits are neighbours in ASCII.
    byte.is_ascii_alphabetic() | matches!(byte, b'-'..=b'9') | (byte == b'_') | (byte == b'~') | (byte == b'+')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&[u8]]) -> Result<Option<String>, CredentialError> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(AUTHORIZATION, HeaderValue::from_bytes(line).unwrap());
        }
        text_of(authorization(&headers)?.as_ref())
    }

    fn text_of(header: Option<&Header<'_>>) -> Result<Option<String>, CredentialError> {
        Ok(match header {
            Some(Header::Token(token)) if is_b64token(token) => Some(String::from_utf8(token.to_vec()).unwrap()),
            Some(Header::Token(_)) => return Err(CredentialError::Malformed),
            Some(Header::OtherScheme) => Some("<other scheme>".to_owned()),
            None => None,
        })
    }

    // BRR-01
    #[test]
    fn the_scheme_is_compared_without_case() {
        for scheme in ["Bearer", "bearer", "BEARER", "bEaReR"] {
            assert_eq!(read(&[format!("{scheme} abc").as_bytes()]), Ok(Some("abc".into())));
        }
    }

    // BRR-02
    #[test]
    fn the_value_follows_the_grammar_of_rfc_6750() {
        assert_eq!(read(&[b"Bearer   a.b-c_d~e+f/g=="]), Ok(Some("a.b-c_d~e+f/g==".into())));
        let bad: [&[u8]; 12] = [
            b"Bearer",
            b"Bearer ",
            b"Bearer\tabc",
            b"Bearer abc def",
            b"Bearer abc,def",
            b"Bearer \"abc\"",
            b"Bearer a=b",
            b"Bearer ==",
            b"Bearer abc\xff",
            b"Bearer,abc",
            b"",
            b" abc",
        ];
        for value in bad {
            assert_eq!(read(&[value]), Err(CredentialError::Malformed), "{}", String::from_utf8_lossy(value));
        }
    }

    // BRR-03
    #[test]
    fn two_lines_are_refused_even_when_equal() {
        assert_eq!(read(&[b"Bearer abc", b"Bearer abc"]), Err(CredentialError::RepeatedHeader));
        assert_eq!(read(&[b"Basic abc", b"Bearer abc"]), Err(CredentialError::RepeatedHeader));
    }

    // BRR-05
    #[test]
    fn another_scheme_is_not_a_malformed_header() {
        for value in [&b"Basic abc"[..], b"Bearerabc", b"Negotiate", b"DPoP abc", b"Bearers abc"] {
            assert_eq!(read(&[value]), Ok(Some("<other scheme>".into())));
        }
        assert_eq!(read(&[]), Ok(None));
    }

    #[test]
    fn a_custom_header_holds_the_bare_token() {
        let name = HeaderName::from_static("x-api-key");
        let mut headers = HeaderMap::new();
        headers.insert(&name, HeaderValue::from_static("abc.def"));
        assert_eq!(text_of(custom(&headers, &name).unwrap().as_ref()), Ok(Some("abc.def".into())));
        headers.insert(&name, HeaderValue::from_static("Bearer abc.def"));
        assert_eq!(text_of(custom(&headers, &name).unwrap().as_ref()), Err(CredentialError::Malformed));
    }

    proptest::proptest! {
        // REL-01
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..64)) {
            if let Ok(value) = HeaderValue::from_bytes(&bytes) {
                let mut headers = HeaderMap::new();
                headers.insert(AUTHORIZATION, value);
                let _ = authorization(&headers).map(|found| text_of(found.as_ref()));
            }
        }
    }
}

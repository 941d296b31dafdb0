//! Reads one cookie from the `Cookie` header (RFC 6265 section 4.2).

use http::HeaderMap;
use http::header::COOKIE;

use crate::credential::error::CredentialError;

/// The value of the cookie called `name`, without unquoting or percent-decoding it. An error if there is more than one.
/// HTTP/2 may split the header into several lines (RFC 9113 section 8.2.3), so all lines count.
pub(crate) fn value<'r>(headers: &'r HeaderMap, name: &str) -> Result<Option<&'r str>, CredentialError> {
    let mut found = None;
    for value in values(headers, name) {
        if found.replace(value).is_some() {
            return Err(CredentialError::RepeatedCookie);
        }
    }
    Ok(found)
}

/// The values of all cookies called `name`, read like [`value`] does.
pub(crate) fn values<'r>(headers: &'r HeaderMap, name: &str) -> impl Iterator<Item = &'r str> {
    let pairs = headers.get_all(COOKIE).iter().flat_map(|line| line.as_bytes().split(|byte| *byte == b';'));
    pairs.filter_map(move |pair| {
        let value = pair.trim_ascii().strip_prefix(name.as_bytes())?.strip_prefix(b"=")?;
        // A value that is not UTF-8 is not a token. It still counts, so that it makes a second cookie of the name an
        // error.
        Some(std::str::from_utf8(value).unwrap_or("\u{fffd}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn read(lines: &[&[u8]]) -> Result<Option<String>, CredentialError> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(COOKIE, HeaderValue::from_bytes(line).unwrap());
        }
        value(&headers, "token").map(|value| value.map(str::to_owned))
    }

    // CKE-03
    #[test]
    fn the_value_is_not_decoded_and_the_name_is_exact() {
        assert_eq!(read(&[b"a=b; token=x.y.z; c=d"]), Ok(Some("x.y.z".into())));
        assert_eq!(read(&[b"token=\"x\""]), Ok(Some("\"x\"".into())));
        assert_eq!(read(&[b"token=%41"]), Ok(Some("%41".into())));
        assert_eq!(read(&[b"token=Bearer x"]), Ok(Some("Bearer x".into())));
        assert_eq!(read(&[b"Token=x; mytoken=y; token2=z; token"]), Ok(None));
        assert_eq!(read(&[b"token=\xff"]), Ok(Some("\u{fffd}".into())));
    }

    // CKE-03
    #[test]
    fn a_second_cookie_of_the_name_is_refused() {
        assert_eq!(read(&[b"token=a; token=a"]), Err(CredentialError::RepeatedCookie));
        assert_eq!(read(&[b"token=a", b"b=c; token=d"]), Err(CredentialError::RepeatedCookie));
        assert_eq!(read(&[b"token=\xff; token=d"]), Err(CredentialError::RepeatedCookie));
    }
}

//! The request header that carries a token.

use crate::error::SyntaxError;
use crate::token::not_of_a_token;

/// Headers that already mean something to servers, to proxies or to the check of a request's origin.
const RESERVED: &[&str] = &[
    "accept",
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "cookie",
    "date",
    "expect",
    "forwarded",
    "host",
    "keep-alive",
    "origin",
    "range",
    "referer",
    "set-cookie",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "via",
    "www-authenticate",
];

/// Names that begin with one of these prefixes are reserved too.
const RESERVED_PREFIXES: &[&str] = &["sec-", "proxy-", "x-forwarded-"];

/// Whether a header already means something else, so that it cannot carry the token.
pub fn is_reserved(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    RESERVED.contains(&lower.as_str()) || RESERVED_PREFIXES.iter().any(|prefix| lower.starts_with(prefix))
}

/// Checks the name of the header that is to carry the token.
///
/// # Errors
///
/// If the name is not a field name (RFC 9110 section 5.1), or is reserved.
pub fn check(name: &str) -> Result<(), SyntaxError> {
    if let Some(wrong) = not_of_a_token(name) {
        let message = "a header name can contain only letters, digits and `-`; use `\"X-API-Key\"`";
        return Err(SyntaxError::new(name, wrong, message));
    }
    if is_reserved(name) {
        let message = format!("the header `{name}` already has another meaning; use `\"X-API-Key\"`");
        return Err(SyntaxError::new(name, name, message));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_token_and_not_reserved() {
        for name in ["X-API-Key", "authorization", "Api.Key", "x-access-token"] {
            assert!(check(name).is_ok(), "{name}");
        }
        for name in ["Cookie", "Sec-Fetch-Site", "proxy-authorization", "X-Forwarded-For", "HOST"] {
            assert!(check(name).unwrap_err().to_string().contains("another meaning"), "{name}");
        }
        for (name, at) in [("X API Key", 1..2), ("schlüssel", 4..6), ("a:", 1..2)] {
            assert_eq!(check(name).unwrap_err().at(), at, "{name}");
        }
    }
}

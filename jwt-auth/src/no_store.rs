//! Forbids caches to keep an answer (RFC 9111 section 5.2.2.5).

use http::header::{CACHE_CONTROL, HeaderMap, HeaderValue, PRAGMA};

const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// Forbids it, whatever the headers say.
pub(crate) fn forbid_storing(headers: &mut HeaderMap) {
    headers.insert(CACHE_CONTROL, NO_STORE);
}

/// As [`forbid_storing`], and says it to HTTP/1.0 caches too, as RFC 6749 section 5.1 demands of answers with tokens.
pub(crate) fn forbid_storing_tokens(headers: &mut HeaderMap) {
    forbid_storing(headers);
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
}

/// Forbids it unless the application has said something about it.
pub(crate) fn forbid_storing_by_default(headers: &mut HeaderMap) {
    headers.entry(CACHE_CONTROL).or_insert(NO_STORE);
}

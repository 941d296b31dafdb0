//! Sets `Cache-Control: no-store`, which forbids caches to store a response (RFC 9111 section 5.2.2.5).

use http::header::{CACHE_CONTROL, HeaderMap, HeaderValue, PRAGMA};

const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// Replaces any `Cache-Control` that is there.
pub(crate) fn forbid_storing(headers: &mut HeaderMap) {
    headers.insert(CACHE_CONTROL, NO_STORE);
}

/// Like [`forbid_storing`], and adds `Pragma: no-cache` for HTTP/1.0 caches. RFC 6749 section 5.1 requires both for
/// responses with tokens.
pub(crate) fn forbid_storing_tokens(headers: &mut HeaderMap) {
    forbid_storing(headers);
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
}

/// Keeps a `Cache-Control` that the application has set.
pub(crate) fn forbid_storing_by_default(headers: &mut HeaderMap) {
    headers.entry(CACHE_CONTROL).or_insert(NO_STORE);
}

//! Headers that a request may have only once.

use http::{HeaderMap, HeaderName, HeaderValue};

/// The header occurs on more than one line (RFC 9110 section 5.3: it is not a list).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Repeated;

/// The value of a header that may occur once. `None` if the request does not have it.
pub(crate) fn single_line<'r>(headers: &'r HeaderMap, name: &HeaderName) -> Result<Option<&'r HeaderValue>, Repeated> {
    let mut lines = headers.get_all(name).iter();
    let first = lines.next();
    if lines.next().is_some() { Err(Repeated) } else { Ok(first) }
}

//! A header that may stand in a request once only.

use http::{HeaderMap, HeaderName, HeaderValue};

/// The header occurs on more than one line (RFC 9110 section 5.3: it is not a list).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Repeated;

/// The one line of a header. `None` if the request does not have it.
pub(crate) fn single_line<'r>(headers: &'r HeaderMap, name: &HeaderName) -> Result<Option<&'r HeaderValue>, Repeated> {
    let mut lines = headers.get_all(name).iter();
    let first = lines.next();
    if lines.next().is_some() { Err(Repeated) } else { Ok(first) }
}

//! Why a request's credential cannot be read.

/// Why a request's credential cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CredentialError {
    /// The request has no credential.
    Absent,
    /// The scheme of `Authorization` is not `Bearer`.
    OtherScheme,
    /// The header is not `Bearer <b64token>` (RFC 6750 section 2.1).
    Malformed,
    /// The header occurs on more than one line (RFC 9110 section 5.3: it is not a list).
    RepeatedHeader,
    /// The cookie occurs more than once.
    RepeatedCookie,
}

//! Why a token is refused. This goes to the service's log, never to the caller.

use std::borrow::Cow;
use std::fmt;

/// Why a token was refused, for logs and for [`RejectionReason`](crate::RejectionReason). The variants are in the order
/// of the checks.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenError {
    /// Longer than 8 KiB.
    TooLong,
    /// Not three non-empty base64url segments joined by dots (RFC 7515 section 7.1).
    NotCompact,
    /// A segment is not canonical unpadded base64url (RFC 7515 section 2).
    NotBase64Url,
    /// The header is not one JSON object without repeated names (RFC 7515 section 4).
    Header,
    /// The header has no `alg`, or one that is not the key's (RFC 8725 section 3.1).
    Algorithm,
    /// The header has a parameter that is not supported: `crit`, `b64`, `zip` or `cty`.
    HeaderParameter(&'static str),
    /// No key of the issuer has the header's `kid`.
    UnknownKey,
    /// The signature does not verify.
    Signature,
    /// The payload is not one JSON object without repeated names (RFC 7519 section 7.2).
    Payload,
    /// A claim is missing or `null`, or its type or form is wrong.
    Claim(Cow<'static, str>),
    /// `exp` is not in the future.
    Expired,
    /// `exp` is later than the backend's `max_lifetime` allows.
    TooFar,
    /// `nbf` or `iat` is in the future.
    NotYetValid,
    /// `iss` is not an issuer that the backend trusts.
    Issuer,
    /// `aud` does not name an audience of the backend.
    Audience,
    /// `typ` is neither `at+jwt` nor a type that [`Builder::accept_type`](crate::Builder::accept_type) names (RFC 9068
    /// section 4).
    Type,
    /// The backend's clock is before 1970 or after the year 9999, so the token's times cannot be checked.
    Clock,
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => f.write_str("the token is longer than 8 KiB"),
            Self::NotCompact => f.write_str("the token is not three base64url segments joined by dots"),
            Self::NotBase64Url => f.write_str("a segment is not canonical base64url"),
            Self::Header => f.write_str("the header is not a strict JSON object"),
            Self::Algorithm => f.write_str("the header's `alg` is not the key's algorithm"),
            Self::HeaderParameter(name) => write!(f, "the header parameter `{name}` is not supported"),
            Self::UnknownKey => f.write_str("no key has the header's `kid`"),
            Self::Signature => f.write_str("the signature does not verify"),
            Self::Payload => f.write_str("the payload is not a strict JSON object"),
            Self::Claim(name) => write!(f, "the claim `{}` is absent or has the wrong type", name.escape_debug()),
            Self::Expired => f.write_str("the token has expired"),
            Self::TooFar => f.write_str("the token would be valid for longer than `max_lifetime`"),
            Self::NotYetValid => f.write_str("the token is not valid yet"),
            Self::Issuer => f.write_str("the token is from another issuer"),
            Self::Audience => f.write_str("the token is for another audience"),
            Self::Type => f.write_str("the token is of another type (`typ`)"),
            Self::Clock => f.write_str("the clock shows an impossible time"),
        }
    }
}

impl std::error::Error for TokenError {}

/// A claim that is missing from a verified token, or that cannot be read as the requested type.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClaimError {
    name: Cow<'static, str>,
}

impl ClaimError {
    pub(crate) fn new(name: Cow<'static, str>) -> Self {
        Self { name }
    }

    /// The claim's name.
    pub fn claim(&self) -> &str {
        &self.name
    }

    pub(crate) fn into_name(self) -> Cow<'static, str> {
        self.name
    }
}

impl fmt::Display for ClaimError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the claim `{}` is absent or has the wrong type", self.name.escape_debug())
    }
}

impl std::error::Error for ClaimError {}

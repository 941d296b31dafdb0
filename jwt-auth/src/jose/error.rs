//! Why a token is refused. This goes to the service's log, never to the caller.

use std::borrow::Cow;
use std::fmt;

/// Why a token was refused, for logs and for [`RejectionReason`](crate::RejectionReason). The variants are in the order
/// of the checks.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenError {
    /// Longer than 8 KiB, or than the [`max_token_bytes`](crate::issuer::Issuer::max_token_bytes) of its issuer.
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
    /// No key of the issuer has the header's `kid`, or the header has none and several keys could be meant.
    UnknownKey {
        /// The issuer whose keys were searched. Empty if the header was refused before its issuer was known.
        issuer: Box<str>,
        /// What the token says.
        kid: Option<Box<str>>,
    },
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
    /// `iss` is not an issuer that the backend trusts, or not at present. The text is what the token says.
    Issuer(Box<str>),
    /// `aud` does not name an audience of the backend. The text is what the token says.
    Audience(Box<str>),
    /// `typ` is not an accepted type (RFC 9068 section 4). The text is what the token says, and empty if it says nothing.
    Type(Box<str>),
    /// The token has a claim that only tokens of another kind have, such as the `nonce` of an ID token (RFC 8725 section 3.11).
    ForbiddenClaim(Box<str>),
    /// A claim does not have one of the values that the issuer's policy asks for.
    WrongValue(Box<str>),
    /// The token was issued to a caller that is not in the list of the issuer's policy. The text is the caller.
    Caller(Box<str>),
    /// The issuer's introspection endpoint says that the token is not active (RFC 7662 section 2.2).
    Inactive,
    /// The backend's clock is before 1970 or after the year 9999, so the token's times cannot be checked.
    Clock,
}

impl TokenError {
    /// The name of the variant in `snake_case`, with `token_` before it, for the log and for metrics.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLong => "token_too_long",
            Self::NotCompact => "token_not_compact",
            Self::NotBase64Url => "token_not_base64_url",
            Self::Header => "token_header",
            Self::Algorithm => "token_algorithm",
            Self::HeaderParameter(_) => "token_header_parameter",
            Self::UnknownKey { .. } => "token_unknown_key",
            Self::Signature => "token_signature",
            Self::Payload => "token_payload",
            Self::Claim(_) => "token_claim",
            Self::Expired => "token_expired",
            Self::TooFar => "token_too_far",
            Self::NotYetValid => "token_not_yet_valid",
            Self::Issuer(_) => "token_issuer",
            Self::Audience(_) => "token_audience",
            Self::Type(_) => "token_type",
            Self::ForbiddenClaim(_) => "token_forbidden_claim",
            Self::WrongValue(_) => "token_wrong_value",
            Self::Caller(_) => "token_caller",
            Self::Inactive => "token_inactive",
            Self::Clock => "token_clock",
        }
    }
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
            Self::UnknownKey { issuer, kid } => {
                match kid {
                    Some(kid) => write!(f, "no key has the token's `kid`, `{}`", Shown(kid))?,
                    None => f.write_str("the token has no `kid`, and no single key fits its `alg`")?,
                }
                if issuer.is_empty() {
                    return Ok(());
                }
                write!(f, "; the issuer is `{issuer}`: check that it publishes this key, and that its `keys` are those of its JWK Set")
            }
            Self::Signature => f.write_str("the signature does not verify"),
            Self::Payload => f.write_str("the payload is not a strict JSON object"),
            Self::Claim(name) => write!(f, "the claim `{}` is absent or has the wrong type", name.escape_debug()),
            Self::Expired => f.write_str("the token has expired"),
            Self::TooFar => f.write_str("the token would be valid for longer than `max_lifetime`"),
            Self::NotYetValid => f.write_str("the token is not valid yet"),
            Self::Issuer(found) => {
                write!(f, "the token is from another issuer: its `iss` is `{}`, and no `trust` names it", Shown(found))
            }
            Self::Audience(found) if found.is_empty() => {
                f.write_str("the token is for another audience: it names none; the issuer can name it in another claim (`audience_claim`)")
            }
            Self::Audience(found) => {
                write!(f, "the token is for another audience: it is for `{}`, and no `audience` names it", Shown(found))
            }
            Self::Type(found) if found.is_empty() => {
                f.write_str("the token is of another type (`typ`): it names none, and the issuer's policy asks for one")
            }
            Self::Type(found) => {
                write!(f, "the token is of another type (`typ`): it is `{}`; `accept_type` accepts another", Shown(found))
            }
            Self::ForbiddenClaim(name) => write!(
                f,
                "the token has the claim `{}`, which an access token of this issuer does not have; it may be an ID token",
                Shown(name)
            ),
            Self::WrongValue(name) => {
                write!(f, "the claim `{}` does not have a value that the issuer's policy accepts", Shown(name))
            }
            Self::Caller(caller) if caller.is_empty() => f.write_str("the token names no caller, and the issuer has a list of `callers`"),
            Self::Caller(caller) => {
                write!(f, "the token was issued to `{}`, which is not among the issuer's `callers`", Shown(caller))
            }
            Self::Inactive => f.write_str("the issuer says that the token is not active"),
            Self::Clock => f.write_str("the clock shows an impossible time"),
        }
    }
}

impl std::error::Error for TokenError {}

impl TokenError {
    /// No key has this name. The issuer is added by [`of_issuer`](Self::of_issuer).
    pub(crate) fn unknown_key(kid: Option<&str>) -> Self {
        Self::UnknownKey { issuer: Box::default(), kid: kid.map(Box::from) }
    }

    /// Names the issuer whose key is unknown. Any other error stays as it is.
    pub(crate) fn of_issuer(self, name: &str) -> Self {
        match self {
            Self::UnknownKey { kid, .. } => Self::UnknownKey { issuer: name.into(), kid },
            other => other,
        }
    }
}

/// A text from a token that is not verified, made harmless for a log: escaped, and cut off after 200 characters.
struct Shown<'t>(&'t str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write;
        let mut shown = self.0.char_indices().map(|(at, _)| at);
        let end = shown.nth(200).unwrap_or(self.0.len());
        for character in self.0.get(..end).unwrap_or_default().chars().flat_map(char::escape_debug) {
            f.write_char(character)?;
        }
        if end < self.0.len() { f.write_str("...") } else { Ok(()) }
    }
}

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

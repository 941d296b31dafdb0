//! Makes a signed token from claims.

use std::fmt;

use jwt_auth_grammar::claim::{TextClaim, is_identifier, is_registered};

use crate::clock::ClockError;
use crate::jose::claims::Claims;
use crate::jose::compact::{self, MAX_LENGTH};
use crate::jose::json::{self, MAX_DEPTH};
use crate::jose::key_error::KeyError;
use crate::jose::payload::claim_path::ClaimPath;
use crate::keys::signing_key::SigningKey;

/// Signs the claims. Fails if the guard would refuse the token: the limits are those of verification, and `required`
/// names the claims that every token must have.
pub(crate) fn sign(claims: &Claims, required: &[ClaimPath], key: &SigningKey) -> Result<String, IssueError> {
    check(claims, required)?;
    let payload = claims.to_json().map_err(|error| IssueError::Claims(error.to_string()))?;
    // Base64 is a third longer than its bytes. The rest has room for any signature except an RSA signature.
    let room = payload.len().saturating_mul(2).saturating_add(key.header().len()).saturating_add(128);
    let mut token = String::with_capacity(room);
    token.push_str(key.header());
    token.push('.');
    compact::encode_to(&payload, &mut token);
    let signature = key.sign(&token).map_err(IssueError::Key)?;
    token.push('.');
    compact::encode_to(&signature, &mut token);
    if token.len() > MAX_LENGTH {
        return Err(IssueError::TooLong(token.len()));
    }
    Ok(token)
}

/// Checks each claim against the limits of verification. Issuer, audience and times are not checked, because the
/// backend sets them, or the caller has set them on purpose.
fn check(claims: &Claims, required: &[ClaimPath]) -> Result<(), IssueError> {
    if !is_identifier(&claims.sub) {
        return Err(IssueError::Subject);
    }
    if !is_identifier(&claims.jti) {
        return Err(IssueError::Identifier("jti"));
    }
    let is_wrong = |claim: &TextClaim| claims.texts.get(*claim).is_some_and(|text| !claim.is_valid(text));
    match TextClaim::ALL.into_iter().find(is_wrong) {
        None => {}
        Some(TextClaim::Scope) => return Err(IssueError::Scope),
        Some(claim) => return Err(IssueError::Identifier(claim.name())),
    }
    for (name, value) in &claims.extras {
        if is_registered(name) {
            return Err(IssueError::RegisteredClaim(name.clone()));
        }
        // The payload itself is the first level.
        if json::is_deeper_than(value, MAX_DEPTH.saturating_sub(1)) {
            return Err(IssueError::TooDeep(name.clone()));
        }
    }
    match required.iter().find(|path| !path.top().is_some_and(|name| claims.has(name))) {
        Some(missing) => Err(IssueError::Missing(missing.to_string())),
        None => Ok(()),
    }
}

/// 128 random bits (RFC 9068 section 2.2), as 22 characters of base64url.
pub(crate) fn random_jwt_id() -> Result<String, IssueError> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(|_| IssueError::Key(KeyError::Random))?;
    Ok(compact::encode(&bytes))
}

/// Why a token cannot be issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum IssueError {
    Subject,
    /// The id's `FromStr` refuses its own `Display` text.
    UserId,
    Identifier(&'static str),
    Scope,
    RegisteredClaim(String),
    TooDeep(String),
    Missing(String),
    /// The length that the token would have, in bytes.
    TooLong(usize),
    Claims(String),
    Key(KeyError),
    Clock,
}

impl From<ClockError> for IssueError {
    fn from(ClockError: ClockError) -> Self {
        Self::Clock
    }
}

impl fmt::Display for IssueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Subject => f.write_str("the subject must be 1 to 255 bytes without control characters"),
            Self::UserId => {
                f.write_str("the user's id does not read back: its `FromStr` refuses its own `Display` text")
            }
            Self::Identifier(name) => write!(f, "the claim `{name}` must be 1 to 255 bytes without control characters"),
            Self::Scope => f.write_str("the scope does not follow the grammar of RFC 6749 section 3.3"),
            Self::RegisteredClaim(name) => write!(f, "the claim `{name}` is registered, and only the backend sets it"),
            Self::TooDeep(name) => {
                write!(
                    f,
                    "the claim `{name}` nests too deep: a payload has at most {MAX_DEPTH} levels, itself included"
                )
            }
            Self::Missing(name) => {
                write!(f, "the claim `{name}` is missing, and `require_claims` names it")
            }
            Self::TooLong(length) => {
                write!(f, "the token would have {length} bytes, at most {MAX_LENGTH} are accepted; carry fewer claims")
            }
            Self::Claims(error) => write!(f, "the claims do not serialize: {error}"),
            Self::Key(error) => error.fmt(f),
            Self::Clock => f.write_str("the clock shows an impossible time"),
        }
    }
}

#[cfg(all(test, any(feature = "aws_lc_rs", feature = "rust_crypto")))]
mod tests {
    use super::*;
    use crate::jose::algorithm::Algorithm;
    use crate::jose::claims::Texts;

    // ONE-07: claims that no setting can cause, only a mistake in this library.
    #[test]
    fn every_name_in_a_token_is_checked() {
        let key = SigningKey::from_secret(Algorithm::HS256, "q3v0J7mX2kD9fS1aLw8ZpT4cYb6NuRhGeVxKoMiQs5E").unwrap();
        let base = Claims { sub: "s".into(), jti: "j".into(), ..Claims::default() };
        let issue = |claims: Claims| sign(&claims, &[], &key).map(drop);
        assert_eq!(issue(base.clone()), Ok(()));
        for bad in ["", "a\0b", &"x".repeat(256)] {
            assert_eq!(issue(Claims { sub: bad.into(), ..base.clone() }), Err(IssueError::Subject));
            assert_eq!(issue(Claims { jti: bad.into(), ..base.clone() }), Err(IssueError::Identifier("jti")));
            let of_session = Claims { texts: Texts::default().with(TextClaim::Session, bad), ..base.clone() };
            assert_eq!(issue(of_session), Err(IssueError::Identifier("sid")));
        }
        for bad in ["", " read", "a  b", "a\"b"] {
            assert_eq!(
                issue(Claims { texts: Texts::default().with(TextClaim::Scope, bad), ..base.clone() }),
                Err(IssueError::Scope),
                "{bad:?}"
            );
        }
    }
}

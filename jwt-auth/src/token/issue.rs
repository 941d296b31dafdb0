//! Issue: from claims to the compact serialization.

use std::fmt;

use super::REGISTERED;
use super::claims::{Claims, is_subject};
use super::compact;
use super::key_error::KeyError;
use super::signing_key::SigningKey;
use crate::clock::ClockError;

/// Signs the claims as `at+jwt` (RFC 9068 section 2.1).
pub(crate) fn sign(claims: &Claims, key: &SigningKey) -> Result<String, IssueError> {
    if !is_subject(&claims.sub) {
        return Err(IssueError::Subject);
    }
    if let Some(name) = claims.extras.keys().find(|name| REGISTERED.contains(&name.as_str())) {
        return Err(IssueError::RegisteredClaim(name.clone()));
    }
    let payload = claims.to_json().map_err(|error| IssueError::Claims(error.to_string()))?;
    let input = format!("{}.{}", encoded_header(key)?, compact::encode(&payload));
    let signature = key.sign(&input).map_err(IssueError::Key)?;
    Ok(format!("{input}.{signature}"))
}

fn encoded_header(key: &SigningKey) -> Result<String, IssueError> {
    let mut header = serde_json::Map::new();
    header.insert("typ".into(), "at+jwt".into());
    header.insert("alg".into(), key.verifying_key().algorithm().name().into());
    if let Some(kid) = key.verifying_key().kid() {
        header.insert("kid".into(), kid.into());
    }
    let json = serde_json::to_vec(&header).map_err(|error| IssueError::Claims(error.to_string()))?;
    Ok(compact::encode(&json))
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
    RegisteredClaim(String),
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
            Self::RegisteredClaim(name) => write!(f, "the claim `{name}` is registered and set by the backend itself"),
            Self::Claims(error) => write!(f, "the claims do not serialize: {error}"),
            Self::Key(error) => error.fmt(f),
            Self::Clock => f.write_str("the clock shows an impossible time"),
        }
    }
}

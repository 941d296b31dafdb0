//! Issue: from claims to the compact serialization.

use std::fmt;

use super::REGISTERED;
use super::claims::{Claims, is_subject};
use super::compact;
use super::key_error::KeyError;
use super::signing_key::SigningKey;
use crate::clock::ClockError;

/// Signs the claims.
pub(crate) fn sign(claims: &Claims, key: &SigningKey) -> Result<String, IssueError> {
    if !is_subject(&claims.sub) {
        return Err(IssueError::Subject);
    }
    if let Some(name) = claims.extras.keys().find(|name| REGISTERED.contains(&name.as_str())) {
        return Err(IssueError::RegisteredClaim(name.clone()));
    }
    let payload = claims.to_json().map_err(|error| IssueError::Claims(error.to_string()))?;
    // A third longer than its bytes, and room for the longest signature but one of RSA.
    let room = payload.len().saturating_mul(2).saturating_add(key.header().len()).saturating_add(128);
    let mut token = String::with_capacity(room);
    token.push_str(key.header());
    token.push('.');
    compact::encode_to(&payload, &mut token);
    let signature = key.sign(&token).map_err(IssueError::Key)?;
    token.push('.');
    compact::encode_to(&signature, &mut token);
    Ok(token)
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

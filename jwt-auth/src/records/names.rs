//! The names of sessions, tokens and requests, and the hashes that are stored in place of secrets.

use std::fmt;

use crate::jose::compact;
use crate::store::error::StoreError;
use crate::store::subject_tag::{digest, first_half, random};

/// Names a session: the `sid` claim of its access tokens. It is not secret, and no refresh token can be made from it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct SessionId(pub(crate) [u8; 16]);

impl SessionId {
    /// The session that a `sid` claim names. A `sid` of another issuer may be any text, so one that does not have our form is
    /// hashed.
    pub(crate) fn of_claim(text: &str) -> Result<Self, StoreError> {
        match compact::decode_16(text) {
            Some(bytes) => Ok(Self(bytes)),
            None => digest("jwt-auth foreign session", &[text.as_bytes()]).map(first_half).map(Self),
        }
    }

    /// The `sid` claim.
    pub(crate) fn text(&self) -> String {
        compact::encode(&self.0)
    }
}

/// Stored in place of an access token's `jti`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct JwtIdHash(pub(crate) [u8; 16]);

impl JwtIdHash {
    pub(crate) fn new(jwt_id: &str) -> Result<Self, StoreError> {
        digest("jwt-auth token", &[jwt_id.as_bytes()]).map(first_half).map(Self)
    }
}

/// Stored in place of the changing secret of a refresh token.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct TokenHash(pub(crate) [u8; 32]);

/// A successor that only the holder of the previous token can open.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct SealedSuccessor(pub(crate) [u8; 32]);

/// One request that uses a refresh token. Random, so that a request recognises its own write.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Attempt(pub(crate) [u8; 16]);

impl Attempt {
    pub(crate) fn random() -> Result<Self, StoreError> {
        random().map(|bytes| Self(*bytes))
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionId({})", self.text())
    }
}

macro_rules! redacted {
    ($($name:ident)+) => {
        $(impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        })+
    };
}

redacted!(JwtIdHash TokenHash SealedSuccessor Attempt);

#[cfg(all(test, any(feature = "aws_lc_rs", feature = "rust_crypto")))]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_session_of_any_form_has_a_name() {
        let own = SessionId([7; 16]);
        assert_eq!(SessionId::of_claim(&own.text()).unwrap(), own);
        assert_eq!(own.text().len(), 22);
        let foreign = SessionId::of_claim("urn:session:1").unwrap();
        assert_ne!(foreign, SessionId::of_claim("urn:session:2").unwrap());
        assert_eq!(foreign, SessionId::of_claim("urn:session:1").unwrap());
    }
}

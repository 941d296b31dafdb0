//! The names of documents and sessions, and the hashes that are stored in place of secrets.

use std::fmt;

use zeroize::Zeroizing;

use crate::jose::{compact, crypto};
use crate::store::error::StoreError;

/// SHA-256 of a label, a zero byte and the parts. The label keeps hashes of different kinds apart.
pub(crate) fn digest(label: &str, parts: &[&[u8]]) -> Result<[u8; 32], StoreError> {
    let length = parts.iter().fold(label.len().saturating_add(1), |sum, part| sum.saturating_add(part.len()));
    // Allocated at its full size, since growing would leave a copy of a secret behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(length));
    bytes.extend_from_slice(label.as_bytes());
    bytes.push(0);
    parts.iter().for_each(|part| bytes.extend_from_slice(part));
    crypto::sha256(&bytes).map_err(|_| StoreError::new("hashing needs one of the crypto features"))
}

pub(crate) fn first_half(hash: [u8; 32]) -> [u8; 16] {
    let mut half = [0; 16];
    half.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
    half
}

/// The length of a part as bytes, so that two parts cannot run into each other.
pub(crate) fn length(part: &str) -> [u8; 4] {
    u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes()
}

pub(crate) fn random<const N: usize>() -> Result<Zeroizing<[u8; N]>, StoreError> {
    let mut bytes = Zeroizing::new([0; N]);
    getrandom::fill(bytes.as_mut()).map_err(|_| StoreError::new("the system's random number generator failed"))?;
    Ok(bytes)
}

/// Names the document of one subject of one issuer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct SubjectTag(pub(crate) [u8; 16]);

impl SubjectTag {
    pub(crate) fn new(issuer: &str, subject: &str) -> Result<Self, StoreError> {
        let parts = [&length(issuer)[..], issuer.as_bytes(), subject.as_bytes()];
        digest("jwt-auth subject", &parts).map(first_half).map(Self)
    }

    pub(crate) fn into_bytes(self) -> [u8; 16] {
        self.0
    }

    pub(crate) fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

/// Names a session: the `sid` claim of its access tokens. It is not secret, and no refresh token can be made from it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct SessionId(pub(crate) [u8; 16]);

impl SessionId {
    /// The session that a `sid` claim names. A `sid` of another issuer may be any text, so one that does not have our form is
    /// hashed.
    pub(crate) fn of_claim(text: &str) -> Result<Self, StoreError> {
        match compact::decode(text).ok().and_then(|bytes| <[u8; 16]>::try_from(bytes).ok()) {
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

impl fmt::Debug for SubjectTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SubjectTag({})", compact::encode(&self.0))
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

    // REF-06
    #[test]
    fn an_issuer_and_a_subject_do_not_run_into_each_other() {
        let tag = |issuer, subject| SubjectTag::new(issuer, subject).unwrap();
        assert_ne!(tag("a", "bc"), tag("ab", "c"));
        assert_ne!(tag("", "abc"), tag("abc", ""));
        assert_eq!(tag("a", "bc"), tag("a", "bc"));
    }

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

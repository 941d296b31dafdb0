//! The name of a subject's document.

use std::fmt;

use zeroize::Zeroizing;

use crate::jose::compact;
use crate::jose::crypto;
use crate::store::error::StoreError;

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

impl fmt::Debug for SubjectTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SubjectTag({})", compact::encode(&self.0))
    }
}

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
}

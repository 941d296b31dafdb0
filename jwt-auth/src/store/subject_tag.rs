//! The name of a subject's document.

use std::fmt;

use crate::jose::compact;
use crate::store::digest::{digest, first_half, length};
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

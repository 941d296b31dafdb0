//! What a store keeps: bytes under a key, with a version.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::store::error::StoreError;
use crate::store::subject_tag::SubjectTag;
use crate::store::subject_tag::{digest, first_half, length, random};

/// Names a document. A store only compares keys and need not understand them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key([u8; 17]);

/// The name in a key is a hash already, so eight of its bytes are enough.
impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.0.last_chunk().map_or(0, |end| u64::from_le_bytes(*end)));
    }
}

impl Key {
    /// The document of a subject.
    pub(crate) fn subject(tag: SubjectTag) -> Self {
        Self::of_kind(b's', tag.0)
    }

    /// A key that names no document.
    pub(crate) fn nobody() -> Self {
        Self([0; 17])
    }

    /// The record of an authorization code.
    #[cfg_attr(
        not(feature = "testing"),
        allow(dead_code, reason = "the authorization code flow will use it; tests of stores do")
    )]
    pub(crate) fn code(issuer: &str, code: &str) -> Result<Self, StoreError> {
        let parts = [&length(issuer)[..], issuer.as_bytes(), code.as_bytes()];
        digest("jwt-auth code", &parts).map(|hash| Self::of_kind(b'c', first_half(hash)))
    }

    /// The record that a client used a `jti` in an assertion.
    #[cfg_attr(
        not(feature = "testing"),
        allow(dead_code, reason = "the authorization code flow will use it; tests of stores do")
    )]
    pub(crate) fn assertion(issuer: &str, client: &str, jwt_id: &str) -> Result<Self, StoreError> {
        let (of_issuer, of_client) = (length(issuer), length(client));
        let parts = [&of_issuer[..], issuer.as_bytes(), &of_client[..], client.as_bytes(), jwt_id.as_bytes()];
        digest("jwt-auth assertion", &parts).map(|hash| Self::of_kind(b'j', first_half(hash)))
    }

    fn of_kind(kind: u8, name: [u8; 16]) -> Self {
        let mut bytes = [kind; 17];
        bytes.iter_mut().skip(1).zip(name).for_each(|(to, from)| *to = from);
        Self(bytes)
    }

    /// 17 bytes of any value; the first says what kind of document it is.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// `None` if there are not exactly 17 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

/// Identifies one write of a document. Random, so no two writes share one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Version([u8; 16]);

impl Version {
    pub(crate) fn random() -> Result<Self, StoreError> {
        random().map(|bytes| Self(*bytes))
    }

    /// 16 bytes of any value.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// `None` if there are not exactly 16 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

macro_rules! part {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash)]
        pub struct $name(Arc<[u8]>);

        impl $name {
            /// The bytes to keep.
            pub fn as_bytes(&self) -> &[u8] {
                &self.0
            }

            /// The bytes that were kept. They are checked when they are used.
            pub fn from_bytes(bytes: impl Into<Arc<[u8]>>) -> Self {
                Self(bytes.into())
            }
        }

        /// Prints only the length.
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({} bytes)"), self.0.len())
            }
        }
    };
}

part!(
    /// The part of a document that a guarded request reads: about 30 bytes per session. Clones share the bytes.
    Summary
);
part!(
    /// The rest of a document. Clones share the bytes.
    Body
);

/// Everything about one subject, or about one authorization code or assertion.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Document {
    /// Identifies the write that stored this document.
    pub version: Version,
    /// Seconds since 1970; whole days for the document of a subject. A store may delete the document one day after this time on
    /// its own clock, and no sooner.
    pub keep_until: u64,
    /// What a guarded request reads.
    pub summary: Summary,
    /// The rest.
    pub body: Body,
}

/// Prints the kind and the name, which is a hash.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", crate::jose::compact::encode(&self.0))
    }
}

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Version({})", crate::jose::compact::encode(&self.0))
    }
}

#[cfg(all(test, any(feature = "aws_lc_rs", feature = "rust_crypto")))]
mod tests {
    use super::*;

    // REF-06
    #[test]
    fn kinds_and_issuers_have_keys_of_their_own() {
        let code = |issuer, code| Key::code(issuer, code).unwrap();
        assert_ne!(code("a", "bc"), code("ab", "c"));
        let assertion = |issuer, client, jti| Key::assertion(issuer, client, jti).unwrap();
        assert_ne!(assertion("i", "a", "bc"), assertion("i", "ab", "c"));
        assert_ne!(assertion("i", "a", "b"), assertion("ia", "", "b"));
        let same = [7; 16];
        let kinds = [b's', b'c', b'j'].map(|kind| Key::of_kind(kind, same));
        assert!(kinds[0] != kinds[1] && kinds[1] != kinds[2] && kinds[0] != kinds[2]);
        assert_eq!(Key::from_bytes(kinds[0].as_bytes()), Some(kinds[0]));
        assert_eq!((Key::from_bytes(&[0; 16]), Key::from_bytes(&[0; 18])), (None, None));
        let version = Version::random().unwrap();
        assert_eq!(Version::from_bytes(version.as_bytes()), Some(version));
        assert_ne!(Version::random().unwrap(), version);
    }
}

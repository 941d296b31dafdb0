//! The bytes of a refresh token, and how a used one leads to its successor.

use zeroize::Zeroizing;

use super::LoginError;
use crate::store::RefreshHash;
use crate::token::{self, KeyError};

/// 256 random bits, and their text.
pub(super) struct Secret(Zeroizing<[u8; 32]>);

impl Secret {
    pub(super) fn new() -> Result<Self, LoginError> {
        let mut bytes = Zeroizing::new([0; 32]);
        getrandom::fill(bytes.as_mut()).map_err(|_| LoginError::Key(KeyError::Random))?;
        Ok(Self(bytes))
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(token::from_base64url(text)?);
        <[u8; 32]>::try_from(bytes.as_slice()).ok().map(|bytes| Self(Zeroizing::new(bytes)))
    }

    pub(super) fn text(&self) -> String {
        token::to_base64url(self.0.as_ref())
    }

    pub(super) fn hash(&self) -> Option<RefreshHash> {
        token::sha256(self.0.as_ref()).map(RefreshHash)
    }

    /// The successor's bytes, encrypted with a key derived from this token. The store has only this token's hash, so it
    /// cannot read them.
    pub(super) fn seal(&self, successor: &Self) -> Option<[u8; 32]> {
        self.masked(&successor.0)
    }

    /// The successor that was sealed with this token.
    pub(super) fn open(&self, sealed: &[u8; 32]) -> Option<Self> {
        self.masked(sealed).map(|bytes| Self(Zeroizing::new(bytes)))
    }

    /// XOR with a key derived from this token. The store keeps one successor for each token, so no key masks two of
    /// them.
    fn masked(&self, bytes: &[u8; 32]) -> Option<[u8; 32]> {
        let key = Zeroizing::new(token::sha256(&[b"jwt-auth successor".as_slice(), self.0.as_ref()].concat())?);
        let mut masked = *bytes;
        masked.iter_mut().zip(key.iter()).for_each(|(byte, key)| *byte ^= key);
        Some(masked)
    }
}

//! The RustCrypto crates.

use hmac::{Hmac, Mac};
use jsonwebtoken::EncodingKey;
use jsonwebtoken::crypto::rust_crypto::DEFAULT_PROVIDER;
use sha2::{Sha256, Sha384, Sha512};

use super::BadSignature;
use crate::token::{Algorithm, KeyError};

/// An HMAC key whose schedule is computed once; a clone of it is what a check consumes.
#[derive(Clone)]
pub(in crate::token) enum HmacVerifier {
    HS256(Hmac<Sha256>),
    HS384(Hmac<Sha384>),
    HS512(Hmac<Sha512>),
}

impl HmacVerifier {
    pub(in crate::token) fn new(algorithm: Algorithm, secret: &[u8]) -> Result<Self, KeyError> {
        let refused = |_| KeyError::Refused;
        Ok(match algorithm {
            Algorithm::HS256 => Self::HS256(Hmac::new_from_slice(secret).map_err(refused)?),
            Algorithm::HS384 => Self::HS384(Hmac::new_from_slice(secret).map_err(refused)?),
            Algorithm::HS512 => Self::HS512(Hmac::new_from_slice(secret).map_err(refused)?),
        })
    }

    /// In constant time.
    pub(in crate::token) fn verify(&self, input: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        match self {
            Self::HS256(mac) => mac.clone().chain_update(input).verify_slice(signature),
            Self::HS384(mac) => mac.clone().chain_update(input).verify_slice(signature),
            Self::HS512(mac) => mac.clone().chain_update(input).verify_slice(signature),
        }
        .map_err(|_| BadSignature)
    }
}

pub(in crate::token) fn sign(algorithm: Algorithm, key: &EncodingKey, input: &[u8]) -> Result<Vec<u8>, KeyError> {
    let signer = (DEFAULT_PROVIDER.signer_factory)(&algorithm.as_jsonwebtoken(), key).map_err(|_| KeyError::Refused)?;
    signer.try_sign(input).map_err(|_| KeyError::Refused)
}

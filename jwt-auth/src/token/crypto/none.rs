//! No crypto feature: the crate compiles, and no key can be made.

use jsonwebtoken::EncodingKey;

use super::BadSignature;
use crate::token::material::Public;
use crate::token::{Algorithm, KeyError};

/// A type without values: what needs one cannot run.
#[derive(Clone)]
pub(in crate::token) struct Verifier(std::convert::Infallible);

impl Verifier {
    pub(in crate::token) fn from_secret(_: Algorithm, _: &[u8]) -> Result<Self, KeyError> {
        Err(KeyError::NoCrypto)
    }

    pub(in crate::token) fn from_public(_: Algorithm, _: &Public) -> Result<Self, KeyError> {
        Err(KeyError::NoCrypto)
    }

    pub(in crate::token) fn mac(&self, _: &[u8]) -> Result<Vec<u8>, KeyError> {
        match self.0 {}
    }

    pub(in crate::token) fn verify(&self, _: &[u8], _: &[u8]) -> Result<(), BadSignature> {
        match self.0 {}
    }
}

pub(in crate::token) fn sign(algorithm: Algorithm, _: &EncodingKey, _: &[u8]) -> Result<Vec<u8>, KeyError> {
    let _ = algorithm.as_jsonwebtoken();
    Err(KeyError::NoCrypto)
}

pub(in crate::token) fn sha256(_: &[u8]) -> Result<Vec<u8>, KeyError> {
    Err(KeyError::NoCrypto)
}

pub(in crate::token) fn ed25519_public(_: &[u8; 32]) -> Result<Vec<u8>, KeyError> {
    Err(KeyError::NoCrypto)
}

//! No crypto feature: the crate compiles, and no key can be made.

use jsonwebtoken::EncodingKey;

use super::BadSignature;
use crate::token::{Algorithm, KeyError};

/// A type without values: what needs one cannot run.
#[derive(Clone)]
pub(in crate::token) struct HmacVerifier(std::convert::Infallible);

impl HmacVerifier {
    pub(in crate::token) fn new(_: Algorithm, _: &[u8]) -> Result<Self, KeyError> {
        Err(KeyError::NoCrypto)
    }

    pub(in crate::token) fn verify(&self, _: &[u8], _: &[u8]) -> Result<(), BadSignature> {
        match self.0 {}
    }
}

pub(in crate::token) fn sign(algorithm: Algorithm, _: &EncodingKey, _: &[u8]) -> Result<Vec<u8>, KeyError> {
    let _ = algorithm.as_jsonwebtoken();
    Err(KeyError::NoCrypto)
}

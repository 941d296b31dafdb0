//! The stand-in without a crypto feature: the crate compiles, but no key can be made.

use crate::jose::algorithm::Algorithm;
use crate::jose::crypto::BadSignature;
use crate::jose::key_error::KeyError;
use crate::jose::public_key::PublicKey;

/// A type without values, so code that needs a key cannot run.
#[derive(Clone)]
pub(crate) struct Verifier(std::convert::Infallible);

impl Verifier {
    pub(crate) fn from_secret(_: Algorithm, _: &[u8]) -> Result<Self, KeyError> {
        Err(KeyError::NoCrypto)
    }

    pub(crate) fn from_public(_: Algorithm, _: &PublicKey) -> Result<Self, KeyError> {
        Err(KeyError::NoCrypto)
    }

    pub(crate) fn mac(&self, _: &[u8]) -> Result<Vec<u8>, KeyError> {
        match self.0 {}
    }

    pub(crate) fn verify(&self, _: &[u8], _: &[u8]) -> Result<(), BadSignature> {
        match self.0 {}
    }
}

/// A type without values, like [`Verifier`].
pub(crate) struct Signer(std::convert::Infallible);

impl Signer {
    pub(crate) fn from_der(_: Algorithm, _: &[u8]) -> Result<Self, KeyError> {
        Err(KeyError::NoCrypto)
    }

    pub(crate) fn sign(&self, _: &[u8]) -> Result<Vec<u8>, KeyError> {
        match self.0 {}
    }
}

pub(crate) fn sha256(_: &[u8]) -> Result<Vec<u8>, KeyError> {
    Err(KeyError::NoCrypto)
}

pub(crate) fn ed25519_public(_: &[u8; 32]) -> Result<Vec<u8>, KeyError> {
    Err(KeyError::NoCrypto)
}

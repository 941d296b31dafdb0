//! aws-lc-rs.

use aws_lc_rs::hmac;
use jsonwebtoken::EncodingKey;
use jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER;

use super::BadSignature;
use crate::token::{Algorithm, KeyError};

/// An HMAC key whose schedule is computed once.
#[derive(Clone)]
pub(in crate::token) struct HmacVerifier(hmac::Key);

impl HmacVerifier {
    #[allow(clippy::unnecessary_wraps, reason = "the other backends can refuse")]
    pub(in crate::token) fn new(algorithm: Algorithm, secret: &[u8]) -> Result<Self, KeyError> {
        let algorithm = match algorithm {
            Algorithm::HS256 => hmac::HMAC_SHA256,
            Algorithm::HS384 => hmac::HMAC_SHA384,
            Algorithm::HS512 => hmac::HMAC_SHA512,
        };
        Ok(Self(hmac::Key::new(algorithm, secret)))
    }

    /// In constant time.
    pub(in crate::token) fn verify(&self, input: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        hmac::verify(&self.0, input, signature).map_err(|_| BadSignature)
    }
}

pub(in crate::token) fn sign(algorithm: Algorithm, key: &EncodingKey, input: &[u8]) -> Result<Vec<u8>, KeyError> {
    let signer = (DEFAULT_PROVIDER.signer_factory)(&algorithm.as_jsonwebtoken(), key).map_err(|_| KeyError::Refused)?;
    signer.try_sign(input).map_err(|_| KeyError::Refused)
}

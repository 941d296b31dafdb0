//! The crypto backend of the feature `aws_lc_rs`.

use std::sync::Arc;

use aws_lc_rs::signature::{self, KeyPair, ParsedPublicKey, VerificationAlgorithm};
use aws_lc_rs::{digest, hmac};
use jsonwebtoken::EncodingKey;
use jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER;

use crate::jose::algorithm::Algorithm;
use crate::jose::crypto::BadSignature;
use crate::jose::key_error::KeyError;
use crate::jose::public_key::PublicKey;
use crate::jose::public_key::rsa_public_to_der;

/// A key, prepared once so that no request has to prepare it.
#[derive(Clone)]
pub(crate) enum Verifier {
    Hmac(Arc<hmac::Key>),
    Public(Arc<ParsedPublicKey>),
}

impl Verifier {
    pub(crate) fn from_secret(algorithm: Algorithm, secret: &[u8]) -> Result<Self, KeyError> {
        let algorithm = match algorithm {
            Algorithm::HS256 => hmac::HMAC_SHA256,
            Algorithm::HS384 => hmac::HMAC_SHA384,
            Algorithm::HS512 => hmac::HMAC_SHA512,
            _ => return Err(KeyError::Refused),
        };
        Ok(Self::Hmac(Arc::new(hmac::Key::new(algorithm, secret))))
    }

    /// Refuses a point that is not on its curve.
    pub(crate) fn from_public(algorithm: Algorithm, public: &PublicKey) -> Result<Self, KeyError> {
        let scheme: &'static dyn VerificationAlgorithm = match algorithm {
            Algorithm::RS256 => &signature::RSA_PKCS1_2048_8192_SHA256,
            Algorithm::RS384 => &signature::RSA_PKCS1_2048_8192_SHA384,
            Algorithm::RS512 => &signature::RSA_PKCS1_2048_8192_SHA512,
            Algorithm::PS256 => &signature::RSA_PSS_2048_8192_SHA256,
            Algorithm::PS384 => &signature::RSA_PSS_2048_8192_SHA384,
            Algorithm::PS512 => &signature::RSA_PSS_2048_8192_SHA512,
            Algorithm::ES256 => &signature::ECDSA_P256_SHA256_FIXED,
            Algorithm::ES384 => &signature::ECDSA_P384_SHA384_FIXED,
            Algorithm::Ed25519 | Algorithm::EdDSA => &signature::ED25519,
            Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512 => return Err(KeyError::Refused),
        };
        let key = match public {
            PublicKey::Rsa { n, e } => ParsedPublicKey::new(scheme, rsa_public_to_der(n, e)?),
            PublicKey::Ec { point: bytes, .. } | PublicKey::Ed25519(bytes) => ParsedPublicKey::new(scheme, bytes),
        };
        key.map(|key| Self::Public(Arc::new(key))).map_err(|_| KeyError::Refused)
    }

    /// The HMAC of `input`. An error for a public key, which cannot sign.
    pub(crate) fn mac(&self, input: &[u8]) -> Result<Vec<u8>, KeyError> {
        match self {
            Self::Hmac(key) => Ok(hmac::sign(key, input).as_ref().to_vec()),
            Self::Public(_) => Err(KeyError::Refused),
        }
    }

    /// Verifies a signature. An HMAC is compared in constant time.
    pub(crate) fn verify(&self, input: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        match self {
            Self::Hmac(key) => hmac::verify(key, input, signature),
            Self::Public(key) => key.verify_sig(input, signature),
        }
        .map_err(|_| BadSignature)
    }
}

pub(crate) fn sign(algorithm: Algorithm, key: &EncodingKey, input: &[u8]) -> Result<Vec<u8>, KeyError> {
    let signer = (DEFAULT_PROVIDER.signer_factory)(&algorithm.as_jsonwebtoken(), key).map_err(|_| KeyError::Refused)?;
    signer.try_sign(input).map_err(|_| KeyError::Refused)
}

#[allow(clippy::unnecessary_wraps, reason = "the build without crypto has none")]
pub(crate) fn sha256(bytes: &[u8]) -> Result<Vec<u8>, KeyError> {
    Ok(digest::digest(&digest::SHA256, bytes).as_ref().to_vec())
}

/// The public key that belongs to an Ed25519 seed.
pub(crate) fn ed25519_public(seed: &[u8; 32]) -> Result<Vec<u8>, KeyError> {
    let pair = signature::Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| KeyError::Refused)?;
    Ok(pair.public_key().as_ref().to_vec())
}

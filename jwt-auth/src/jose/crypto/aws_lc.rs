//! The crypto backend of the feature `aws_lc_rs`.

use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    self, EcdsaKeyPair, Ed25519KeyPair, KeyPair, ParsedPublicKey, RsaEncoding, RsaKeyPair, VerificationAlgorithm,
};
use aws_lc_rs::{digest, hmac};

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

/// A private key, prepared once.
pub(crate) enum Signer {
    Rsa(RsaKeyPair, &'static dyn RsaEncoding),
    Ec(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl Signer {
    /// Reads PKCS#1 for RSA, and PKCS#8 for the others.
    pub(crate) fn from_der(algorithm: Algorithm, der: &[u8]) -> Result<Self, KeyError> {
        let rsa = |encoding| RsaKeyPair::from_der(der).map(|pair| Self::Rsa(pair, encoding));
        let ec = |signing| EcdsaKeyPair::from_pkcs8(signing, der).map(Self::Ec);
        match algorithm {
            Algorithm::RS256 => rsa(&signature::RSA_PKCS1_SHA256),
            Algorithm::RS384 => rsa(&signature::RSA_PKCS1_SHA384),
            Algorithm::RS512 => rsa(&signature::RSA_PKCS1_SHA512),
            Algorithm::PS256 => rsa(&signature::RSA_PSS_SHA256),
            Algorithm::PS384 => rsa(&signature::RSA_PSS_SHA384),
            Algorithm::PS512 => rsa(&signature::RSA_PSS_SHA512),
            Algorithm::ES256 => ec(&signature::ECDSA_P256_SHA256_FIXED_SIGNING),
            Algorithm::ES384 => ec(&signature::ECDSA_P384_SHA384_FIXED_SIGNING),
            Algorithm::Ed25519 | Algorithm::EdDSA => Ed25519KeyPair::from_pkcs8(der).map(Self::Ed25519),
            Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512 => return Err(KeyError::Refused),
        }
        .map_err(|_| KeyError::Refused)
    }

    pub(crate) fn sign(&self, input: &[u8]) -> Result<Vec<u8>, KeyError> {
        let random = SystemRandom::new();
        match self {
            Self::Rsa(pair, encoding) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(*encoding, &random, input, &mut signature).map_err(|_| KeyError::Refused)?;
                Ok(signature)
            }
            Self::Ec(pair) => {
                pair.sign(&random, input).map(|signature| signature.as_ref().to_vec()).map_err(|_| KeyError::Refused)
            }
            Self::Ed25519(pair) => Ok(pair.sign(input).as_ref().to_vec()),
        }
    }
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

//! The crypto backend of the feature `rust_crypto`.

use hmac::{Hmac, Mac};
use jsonwebtoken::crypto::rust_crypto::DEFAULT_PROVIDER;
use jsonwebtoken::{DecodingKey, EncodingKey};
use sha2::{Digest, Sha256, Sha384, Sha512};

use crate::jose::algorithm::Algorithm;
use crate::jose::crypto::BadSignature;
use crate::jose::key_error::KeyError;
use crate::jose::public_key::PublicKey;

/// A key, prepared once as far as its crate allows. An HMAC check consumes its state, so it gets a clone.
#[derive(Clone)]
pub(crate) enum Verifier {
    HS256(Hmac<Sha256>),
    HS384(Hmac<Sha384>),
    HS512(Hmac<Sha512>),
    Public(Algorithm, DecodingKey),
}

impl Verifier {
    pub(crate) fn from_secret(algorithm: Algorithm, secret: &[u8]) -> Result<Self, KeyError> {
        let refused = |_| KeyError::Refused;
        Ok(match algorithm {
            Algorithm::HS256 => Self::HS256(Hmac::new_from_slice(secret).map_err(refused)?),
            Algorithm::HS384 => Self::HS384(Hmac::new_from_slice(secret).map_err(refused)?),
            Algorithm::HS512 => Self::HS512(Hmac::new_from_slice(secret).map_err(refused)?),
            _ => return Err(KeyError::Refused),
        })
    }

    /// Refuses a point that is not on its curve.
    pub(crate) fn from_public(algorithm: Algorithm, public: &PublicKey) -> Result<Self, KeyError> {
        let key = match public {
            PublicKey::Rsa { n, e } => DecodingKey::from_rsa_raw_components(n, e),
            PublicKey::Ec { point, .. } => DecodingKey::from_ec_der(point),
            PublicKey::Ed25519(bytes) => DecodingKey::from_ed_der(bytes),
        };
        (DEFAULT_PROVIDER.verifier_factory)(&algorithm.as_jsonwebtoken(), &key).map_err(|_| KeyError::Refused)?;
        Ok(Self::Public(algorithm, key))
    }

    /// The HMAC of `input`. An error for a public key, which cannot sign.
    pub(crate) fn mac(&self, input: &[u8]) -> Result<Vec<u8>, KeyError> {
        match self {
            Self::HS256(mac) => Ok(mac.clone().chain_update(input).finalize().into_bytes().to_vec()),
            Self::HS384(mac) => Ok(mac.clone().chain_update(input).finalize().into_bytes().to_vec()),
            Self::HS512(mac) => Ok(mac.clone().chain_update(input).finalize().into_bytes().to_vec()),
            Self::Public(..) => Err(KeyError::Refused),
        }
    }

    /// Verifies a signature. An HMAC is compared in constant time.
    pub(crate) fn verify(&self, input: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        match self {
            Self::HS256(mac) => mac.clone().chain_update(input).verify_slice(signature).map_err(|_| BadSignature),
            Self::HS384(mac) => mac.clone().chain_update(input).verify_slice(signature).map_err(|_| BadSignature),
            Self::HS512(mac) => mac.clone().chain_update(input).verify_slice(signature).map_err(|_| BadSignature),
            Self::Public(algorithm, key) => {
                let verifier = (DEFAULT_PROVIDER.verifier_factory)(&algorithm.as_jsonwebtoken(), key);
                let verifier = verifier.map_err(|_| BadSignature)?;
                verifier.verify(input, &signature.to_vec()).map_err(|_| BadSignature)
            }
        }
    }
}

pub(crate) fn sign(algorithm: Algorithm, key: &EncodingKey, input: &[u8]) -> Result<Vec<u8>, KeyError> {
    let signer = (DEFAULT_PROVIDER.signer_factory)(&algorithm.as_jsonwebtoken(), key).map_err(|_| KeyError::Refused)?;
    signer.try_sign(input).map_err(|_| KeyError::Refused)
}

#[allow(clippy::unnecessary_wraps, reason = "the build without crypto has none")]
pub(crate) fn sha256(bytes: &[u8]) -> Result<Vec<u8>, KeyError> {
    Ok(Sha256::digest(bytes).to_vec())
}

/// The public key that belongs to an Ed25519 seed.
#[allow(clippy::unnecessary_wraps, reason = "the build without crypto has none")]
pub(crate) fn ed25519_public(seed: &[u8; 32]) -> Result<Vec<u8>, KeyError> {
    Ok(ed25519_dalek::SigningKey::from_bytes(seed).verifying_key().to_bytes().to_vec())
}

//! The crypto backend of the feature `rust_crypto`.

use ed25519_dalek::ed25519;
use ed25519_dalek::pkcs8::DecodePrivateKey;
use hmac::{Hmac, Mac};
use p256::ecdsa::signature::{RandomizedSigner, SignatureEncoding, Signer as _, Verifier as _};
use rsa::pkcs1::DecodeRsaPrivateKey;
use rsa::rand_core::OsRng;
use rsa::traits::SignatureScheme;
use rsa::{BigUint, Pkcs1v15Sign, Pss, RsaPrivateKey, RsaPublicKey, pkcs1v15, pss};
use sha2::{Digest, Sha256, Sha384, Sha512};

use crate::jose::algorithm::Algorithm;
use crate::jose::crypto::BadSignature;
use crate::jose::key_error::KeyError;
use crate::jose::public_key::{MAX_RSA_BITS, PublicKey};

/// A key, prepared once. An HMAC check consumes its state, so it gets a clone.
#[derive(Clone)]
pub(crate) enum Verifier {
    HS256(Hmac<Sha256>),
    HS384(Hmac<Sha384>),
    HS512(Hmac<Sha512>),
    Rsa(Algorithm, RsaPublicKey),
    ES256(p256::ecdsa::VerifyingKey),
    ES384(p384::ecdsa::VerifyingKey),
    Ed25519(ed25519_dalek::VerifyingKey),
}

fn refused<E>(_: E) -> KeyError {
    KeyError::Refused
}

impl Verifier {
    pub(crate) fn from_secret(algorithm: Algorithm, secret: &[u8]) -> Result<Self, KeyError> {
        Ok(match algorithm {
            Algorithm::HS256 => Self::HS256(Hmac::new_from_slice(secret).map_err(refused)?),
            Algorithm::HS384 => Self::HS384(Hmac::new_from_slice(secret).map_err(refused)?),
            Algorithm::HS512 => Self::HS512(Hmac::new_from_slice(secret).map_err(refused)?),
            _ => return Err(KeyError::Refused),
        })
    }

    /// Refuses a point that is not on its curve.
    pub(crate) fn from_public(algorithm: Algorithm, public: &PublicKey) -> Result<Self, KeyError> {
        match (public, algorithm) {
            (PublicKey::Rsa { n, e }, _) => {
                let (n, e) = (BigUint::from_bytes_be(n), BigUint::from_bytes_be(e));
                let key = RsaPublicKey::new_with_max_size(n, e, MAX_RSA_BITS);
                key.map(|key| Self::Rsa(algorithm, key)).map_err(refused)
            }
            (PublicKey::Ec { point, .. }, Algorithm::ES256) => {
                p256::ecdsa::VerifyingKey::from_sec1_bytes(point).map(Self::ES256).map_err(refused)
            }
            (PublicKey::Ec { point, .. }, _) => {
                p384::ecdsa::VerifyingKey::from_sec1_bytes(point).map(Self::ES384).map_err(refused)
            }
            (PublicKey::Ed25519(bytes), _) => {
                let bytes = <&[u8; 32]>::try_from(bytes.as_slice()).map_err(refused)?;
                ed25519_dalek::VerifyingKey::from_bytes(bytes).map(Self::Ed25519).map_err(refused)
            }
        }
    }

    /// The HMAC of `input`. An error for a public key, which cannot sign.
    pub(crate) fn mac(&self, input: &[u8]) -> Result<Vec<u8>, KeyError> {
        match self {
            Self::HS256(mac) => Ok(mac.clone().chain_update(input).finalize().into_bytes().to_vec()),
            Self::HS384(mac) => Ok(mac.clone().chain_update(input).finalize().into_bytes().to_vec()),
            Self::HS512(mac) => Ok(mac.clone().chain_update(input).finalize().into_bytes().to_vec()),
            _ => Err(KeyError::Refused),
        }
    }

    /// Verifies a signature. An HMAC is compared in constant time.
    pub(crate) fn verify(&self, input: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        let is_good = match self {
            Self::HS256(mac) => mac.clone().chain_update(input).verify_slice(signature).is_ok(),
            Self::HS384(mac) => mac.clone().chain_update(input).verify_slice(signature).is_ok(),
            Self::HS512(mac) => mac.clone().chain_update(input).verify_slice(signature).is_ok(),
            Self::Rsa(algorithm, key) => verify_rsa(*algorithm, key, input, signature),
            Self::ES256(key) => p256::ecdsa::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify(input, &signature).is_ok()),
            Self::ES384(key) => p384::ecdsa::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify(input, &signature).is_ok()),
            Self::Ed25519(key) => {
                ed25519::Signature::from_slice(signature).is_ok_and(|signature| key.verify(input, &signature).is_ok())
            }
        };
        if is_good { Ok(()) } else { Err(BadSignature) }
    }
}

fn verify_rsa(algorithm: Algorithm, key: &RsaPublicKey, input: &[u8], signature: &[u8]) -> bool {
    fn verifies<D: Digest>(key: &RsaPublicKey, scheme: impl SignatureScheme, input: &[u8], signature: &[u8]) -> bool {
        key.verify(scheme, &D::digest(input), signature).is_ok()
    }
    match algorithm {
        Algorithm::RS256 => verifies::<Sha256>(key, Pkcs1v15Sign::new::<Sha256>(), input, signature),
        Algorithm::RS384 => verifies::<Sha384>(key, Pkcs1v15Sign::new::<Sha384>(), input, signature),
        Algorithm::RS512 => verifies::<Sha512>(key, Pkcs1v15Sign::new::<Sha512>(), input, signature),
        Algorithm::PS256 => verifies::<Sha256>(key, Pss::new::<Sha256>(), input, signature),
        Algorithm::PS384 => verifies::<Sha384>(key, Pss::new::<Sha384>(), input, signature),
        Algorithm::PS512 => verifies::<Sha512>(key, Pss::new::<Sha512>(), input, signature),
        _ => false,
    }
}

/// A private key, prepared once.
pub(crate) enum Signer {
    RS256(pkcs1v15::SigningKey<Sha256>),
    RS384(pkcs1v15::SigningKey<Sha384>),
    RS512(pkcs1v15::SigningKey<Sha512>),
    PS256(pss::BlindedSigningKey<Sha256>),
    PS384(pss::BlindedSigningKey<Sha384>),
    PS512(pss::BlindedSigningKey<Sha512>),
    ES256(p256::ecdsa::SigningKey),
    ES384(p384::ecdsa::SigningKey),
    Ed25519(ed25519_dalek::SigningKey),
}

impl Signer {
    /// Reads PKCS#1 for RSA, and PKCS#8 for the others.
    pub(crate) fn from_der(algorithm: Algorithm, der: &[u8]) -> Result<Self, KeyError> {
        let rsa = || RsaPrivateKey::from_pkcs1_der(der).map_err(refused);
        Ok(match algorithm {
            Algorithm::RS256 => Self::RS256(pkcs1v15::SigningKey::new(rsa()?)),
            Algorithm::RS384 => Self::RS384(pkcs1v15::SigningKey::new(rsa()?)),
            Algorithm::RS512 => Self::RS512(pkcs1v15::SigningKey::new(rsa()?)),
            Algorithm::PS256 => Self::PS256(pss::BlindedSigningKey::new(rsa()?)),
            Algorithm::PS384 => Self::PS384(pss::BlindedSigningKey::new(rsa()?)),
            Algorithm::PS512 => Self::PS512(pss::BlindedSigningKey::new(rsa()?)),
            Algorithm::ES256 => Self::ES256(p256::ecdsa::SigningKey::from_pkcs8_der(der).map_err(refused)?),
            Algorithm::ES384 => Self::ES384(p384::ecdsa::SigningKey::from_pkcs8_der(der).map_err(refused)?),
            Algorithm::Ed25519 | Algorithm::EdDSA => {
                Self::Ed25519(ed25519_dalek::SigningKey::from_pkcs8_der(der).map_err(refused)?)
            }
            Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512 => return Err(KeyError::Refused),
        })
    }

    /// Signs. RSA is blinded with random numbers.
    pub(crate) fn sign(&self, input: &[u8]) -> Result<Vec<u8>, KeyError> {
        match self {
            Self::RS256(key) => key.try_sign_with_rng(&mut OsRng, input).map(|it| it.to_vec()).map_err(refused),
            Self::RS384(key) => key.try_sign_with_rng(&mut OsRng, input).map(|it| it.to_vec()).map_err(refused),
            Self::RS512(key) => key.try_sign_with_rng(&mut OsRng, input).map(|it| it.to_vec()).map_err(refused),
            Self::PS256(key) => key.try_sign_with_rng(&mut OsRng, input).map(|it| it.to_vec()).map_err(refused),
            Self::PS384(key) => key.try_sign_with_rng(&mut OsRng, input).map(|it| it.to_vec()).map_err(refused),
            Self::PS512(key) => key.try_sign_with_rng(&mut OsRng, input).map(|it| it.to_vec()).map_err(refused),
            Self::ES256(key) => {
                key.try_sign(input).map(|it: p256::ecdsa::Signature| it.to_bytes().to_vec()).map_err(refused)
            }
            Self::ES384(key) => {
                key.try_sign(input).map(|it: p384::ecdsa::Signature| it.to_bytes().to_vec()).map_err(refused)
            }
            Self::Ed25519(key) => {
                key.try_sign(input).map(|it: ed25519::Signature| it.to_bytes().to_vec()).map_err(refused)
            }
        }
    }
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

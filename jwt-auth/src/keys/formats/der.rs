//! PEM and DER: PKCS#8, PKCS#1, SEC 1 and SubjectPublicKeyInfo.

use pkcs8::PrivateKeyInfo;
use pkcs8::der::asn1::{BitStringRef, ObjectIdentifier, OctetStringRef, UintRef};
use pkcs8::der::{Decode, Document, Encode, SecretDocument};
use pkcs8::spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};
use zeroize::Zeroizing;

use crate::jose::algorithm::{Algorithm, Curve, Family};
use crate::jose::crypto;
use crate::jose::key_error::KeyError;
use crate::jose::public_key::PublicKey;
use crate::keys::formats::{Private, trimmed};

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

const GIVE_PRIVATE: KeyError =
    KeyError::Malformed("give an unencrypted private key, for example from `openssl genpkey`");
const GIVE_PUBLIC: KeyError = KeyError::Malformed(
    "give a public key (`BEGIN PUBLIC KEY`), for example from `openssl pkey -pubout` or `openssl x509 -pubkey`",
);

/// The PEM block with a label that ends in `label`. Blocks before it, such as `EC PARAMETERS`, are skipped.
fn block<'t>(text: &'t str, label: &str) -> Option<&'t str> {
    text.match_indices("-----BEGIN ").map(|(at, _)| text.split_at(at).1).find(|block| {
        block
            .lines()
            .next()
            .is_some_and(|line| line.trim_end().strip_suffix("-----").is_some_and(|line| line.ends_with(label)))
    })
}

pub(crate) fn private_from_pem(algorithm: Algorithm, text: &[u8]) -> Result<Private, KeyError> {
    let text = std::str::from_utf8(text).ok().and_then(|text| block(text, " PRIVATE KEY")).ok_or(GIVE_PRIVATE)?;
    // `block` also finds an `ENCRYPTED PRIVATE KEY`. Its content is not a private key and is refused below.
    let (_, document) = SecretDocument::from_pem(text).map_err(|_| GIVE_PRIVATE)?;
    private_from_der(algorithm, document.as_bytes())
}

pub(crate) fn public_from_pem(algorithm: Algorithm, text: &[u8]) -> Result<PublicKey, KeyError> {
    let text = std::str::from_utf8(text).ok().and_then(|text| block(text, " PUBLIC KEY")).ok_or(GIVE_PUBLIC)?;
    let (_, document) = Document::from_pem(text).map_err(|_| GIVE_PUBLIC)?;
    public_from_der(algorithm, document.as_bytes())
}

/// Reads PKCS#8, or the older format of the kind of key: PKCS#1 for RSA, SEC 1 for EC.
pub(crate) fn private_from_der(algorithm: Algorithm, der: &[u8]) -> Result<Private, KeyError> {
    let private = match PrivateKeyInfo::from_der(der) {
        Ok(info) => pkcs8_private(algorithm, &info)?,
        Err(_) => match algorithm.family() {
            Family::Rsa => rsa_private(der)?,
            Family::Ec(curve) => ec_private(curve, der)?,
            Family::Hmac | Family::Ed25519 => return Err(GIVE_PRIVATE),
        },
    };
    private.public.check(algorithm)?;
    Ok(private)
}

fn pkcs8_private(algorithm: Algorithm, info: &PrivateKeyInfo<'_>) -> Result<Private, KeyError> {
    match info.algorithm.oid {
        RSA => rsa_private(info.private_key),
        EC => ec_private(curve(&info.algorithm)?, info.private_key),
        ED25519 => {
            let seed = OctetStringRef::from_der(info.private_key).map_err(|_| GIVE_PRIVATE)?;
            ed25519_private(seed.as_bytes())
        }
        _ => Err(KeyError::WrongKind { algorithm, found: "a key of another algorithm" }),
    }
}

fn curve(algorithm: &AlgorithmIdentifierRef<'_>) -> Result<Curve, KeyError> {
    match algorithm.parameters_oid() {
        Ok(P256) => Ok(Curve::P256),
        Ok(P384) => Ok(Curve::P384),
        _ => Err(KeyError::Malformed("the supported curves are P-256 and P-384")),
    }
}

fn rsa_private(der: &[u8]) -> Result<Private, KeyError> {
    let key = pkcs1::RsaPrivateKey::try_from(der).map_err(|_| GIVE_PRIVATE)?;
    let public = rsa_public(key.modulus.as_bytes(), key.public_exponent.as_bytes());
    Ok(Private { der: Zeroizing::new(der.to_vec()), public })
}

fn rsa_public(n: &[u8], e: &[u8]) -> PublicKey {
    PublicKey::Rsa { n: trimmed(n).to_vec(), e: trimmed(e).to_vec() }
}

/// Reads a SEC 1 key, and turns it into PKCS#8 that includes the public key.
fn ec_private(wanted: Curve, der: &[u8]) -> Result<Private, KeyError> {
    let key = sec1::EcPrivateKey::try_from(der).map_err(|_| GIVE_PRIVATE)?;
    let point = key.public_key.ok_or(KeyError::Malformed(
        "the private key file lacks the public key; add it with `openssl pkey -in key.pem -out new.pem`",
    ))?;
    let curve = match key.parameters.and_then(sec1::EcParameters::named_curve) {
        Some(P256) => Curve::P256,
        Some(P384) => Curve::P384,
        Some(_) => return Err(KeyError::Malformed("the supported curves are P-256 and P-384")),
        None => wanted,
    };
    ec_private_from_parts(curve, key.private_key, point)
}

pub(crate) fn ec_private_from_parts(curve: Curve, scalar: &[u8], point: &[u8]) -> Result<Private, KeyError> {
    let public = ec_public(curve, point)?;
    if scalar.len() != curve.coordinate_len() {
        return Err(GIVE_PRIVATE);
    }
    let inner = sec1::EcPrivateKey { private_key: scalar, parameters: None, public_key: Some(point) };
    let inner = Zeroizing::new(inner.to_der().map_err(|_| GIVE_PRIVATE)?);
    let parameters = match curve {
        Curve::P256 => &P256,
        Curve::P384 => &P384,
    };
    let algorithm = AlgorithmIdentifierRef { oid: EC, parameters: Some(parameters.into()) };
    let der = PrivateKeyInfo::new(algorithm, &inner).to_der().map_err(|_| GIVE_PRIVATE)?;
    Ok(Private { der: Zeroizing::new(der), public })
}

/// Checks that the point is uncompressed and has the size of the curve.
fn ec_public(curve: Curve, point: &[u8]) -> Result<PublicKey, KeyError> {
    let length = curve.coordinate_len().saturating_mul(2).saturating_add(1);
    if point.len() != length || point.first() != Some(&4) {
        return Err(KeyError::Malformed("an EC key must have an uncompressed point of the size of its curve"));
    }
    Ok(PublicKey::Ec { curve, point: point.to_vec() })
}

pub(crate) fn ed25519_private(seed: &[u8]) -> Result<Private, KeyError> {
    let seed = Zeroizing::new(<[u8; 32]>::try_from(seed).map_err(|_| GIVE_PRIVATE)?);
    let public = PublicKey::Ed25519(crypto::ed25519_public(&seed)?);
    let inner = OctetStringRef::new(seed.as_slice()).and_then(|seed| seed.to_der()).map_err(|_| GIVE_PRIVATE)?;
    let inner = Zeroizing::new(inner);
    let algorithm = AlgorithmIdentifierRef { oid: ED25519, parameters: None };
    let der = PrivateKeyInfo::new(algorithm, &inner).to_der().map_err(|_| GIVE_PRIVATE)?;
    Ok(Private { der: Zeroizing::new(der), public })
}

/// Makes an RSA private key from its parts, in the order of RFC 8017 appendix A.1.2.
pub(crate) fn rsa_private_from_parts(parts: &[Zeroizing<Vec<u8>>; 8]) -> Result<Private, KeyError> {
    let [n, e, d, p, q, dp, dq, qi] = parts;
    let uint = |bytes| UintRef::new(trimmed(bytes)).map_err(|_| KeyError::Jwk("an RSA number is too long"));
    let key = pkcs1::RsaPrivateKey {
        modulus: uint(n)?,
        public_exponent: uint(e)?,
        private_exponent: uint(d)?,
        prime1: uint(p)?,
        prime2: uint(q)?,
        exponent1: uint(dp)?,
        exponent2: uint(dq)?,
        coefficient: uint(qi)?,
        other_prime_infos: None,
    };
    let der = key.to_der().map_err(|_| GIVE_PRIVATE)?;
    Ok(Private { der: Zeroizing::new(der), public: rsa_public(n, e) })
}

/// Reads SubjectPublicKeyInfo, or PKCS#1 for RSA.
pub(crate) fn public_from_der(algorithm: Algorithm, der: &[u8]) -> Result<PublicKey, KeyError> {
    let public = match SubjectPublicKeyInfoRef::try_from(der) {
        Ok(info) => spki_public(algorithm, &info)?,
        Err(_) if algorithm.family() == Family::Rsa => pkcs1_public(der)?,
        Err(_) => return Err(GIVE_PUBLIC),
    };
    public.check(algorithm)?;
    Ok(public)
}

fn spki_public(algorithm: Algorithm, info: &SubjectPublicKeyInfoRef<'_>) -> Result<PublicKey, KeyError> {
    let bits = |key: &BitStringRef<'_>| key.as_bytes().map(<[u8]>::to_vec);
    let key = bits(&info.subject_public_key).ok_or(GIVE_PUBLIC)?;
    match info.algorithm.oid {
        RSA => pkcs1_public(&key),
        EC => ec_public(curve(&info.algorithm)?, &key),
        ED25519 if key.len() == 32 => Ok(PublicKey::Ed25519(key)),
        _ => Err(KeyError::WrongKind { algorithm, found: "a key of another algorithm" }),
    }
}

fn pkcs1_public(der: &[u8]) -> Result<PublicKey, KeyError> {
    let key = pkcs1::RsaPublicKey::try_from(der).map_err(|_| GIVE_PUBLIC)?;
    Ok(rsa_public(key.modulus.as_bytes(), key.public_exponent.as_bytes()))
}

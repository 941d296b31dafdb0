//! Throw-away keys of every kind, made once a run.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock};

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair,
    RSA_PKCS1_SHA256, RsaKeyPair,
};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jwt_auth::{
    Algorithm,
    keys::{SigningKey, VerifyingKey},
};
use serde_json::Value;

/// Every algorithm, HMAC last.
pub const ALL: [Algorithm; 13] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::Ed25519,
    Algorithm::EdDSA,
    Algorithm::HS256,
    Algorithm::HS384,
    Algorithm::HS512,
];

/// The algorithms whose public half can be given away.
pub const PUBLIC: &[Algorithm] = ALL.split_at(10).0;

/// A key pair in DER: PKCS#8 and SubjectPublicKeyInfo. For HMAC the secret, twice.
#[derive(Clone, Debug)]
pub struct Pair {
    /// PKCS#8.
    pub private: Vec<u8>,
    /// SubjectPublicKeyInfo.
    pub public: Vec<u8>,
}

/// The pair of an algorithm and a name; the same one for the same name.
pub fn pair(algorithm: Algorithm, name: &'static str) -> Pair {
    static MADE: OnceLock<Mutex<HashMap<(Algorithm, &'static str), Pair>>> = OnceLock::new();
    let mut made = MADE.get_or_init(Mutex::default).lock().expect("a throw-away key");
    // One RSA pair serves every RSA algorithm: they take long to make.
    let algorithm = if algorithm.name().starts_with(['R', 'P']) { Algorithm::RS256 } else { algorithm };
    made.entry((algorithm, name)).or_insert_with(|| make(algorithm)).clone()
}

fn make(algorithm: Algorithm) -> Pair {
    match algorithm {
        Algorithm::ES256 | Algorithm::ES384 => {
            let scheme = if algorithm == Algorithm::ES256 {
                &ECDSA_P256_SHA256_FIXED_SIGNING
            } else {
                &ECDSA_P384_SHA384_FIXED_SIGNING
            };
            let pair = EcdsaKeyPair::generate(scheme).expect("a throw-away key");
            let public = pair.public_key().as_der().expect("a throw-away key").as_ref().to_vec();
            Pair { private: pair.to_pkcs8v1().expect("a throw-away key").as_ref().to_vec(), public }
        }
        Algorithm::Ed25519 | Algorithm::EdDSA => {
            let pair = Ed25519KeyPair::generate().expect("a throw-away key");
            let public = pair.public_key().as_der().expect("a throw-away key").as_ref().to_vec();
            Pair { private: pair.to_pkcs8v1().expect("a throw-away key").as_ref().to_vec(), public }
        }
        Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512 => {
            let mut secret = vec![0; 64];
            aws_lc_rs::rand::fill(&mut secret).expect("a throw-away key");
            Pair { private: secret.clone(), public: secret }
        }
        _ => rsa(KeySize::Rsa2048),
    }
}

/// A new RSA pair.
pub fn rsa(size: KeySize) -> Pair {
    let pair = RsaPair::generate(size).expect("a throw-away key");
    let private: aws_lc_rs::encoding::Pkcs8V1Der<'_> = pair.as_der().expect("a throw-away key");
    let public: aws_lc_rs::encoding::PublicKeyX509Der<'_> = pair.public_key().as_der().expect("a throw-away key");
    Pair { private: private.as_ref().to_vec(), public: public.as_ref().to_vec() }
}

/// The half that signs.
pub fn signing(algorithm: Algorithm, name: &'static str) -> SigningKey {
    let private = pair(algorithm, name).private;
    if algorithm.name().starts_with('H') {
        return SigningKey::from_secret(algorithm, private).expect("a throw-away key").with_kid(name);
    }
    SigningKey::from_der(algorithm, private).expect("a throw-away key")
}

/// The half that verifies.
pub fn verifying(algorithm: Algorithm, name: &'static str) -> VerifyingKey {
    signing(algorithm, name).verifying_key().clone()
}

/// A token of exactly this header and payload, signed with RS256 or ES256 by the key of a name. The header may say otherwise.
pub fn sign(algorithm: Algorithm, name: &'static str, header: &Value, claims: &Value) -> String {
    let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    let input = format!("{header}.{claims}");
    let (private, random) = (pair(algorithm, name).private, SystemRandom::new());
    let signature = if algorithm == Algorithm::ES256 {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &private).expect("a throw-away key");
        pair.sign(&random, input.as_bytes()).expect("a signature").as_ref().to_vec()
    } else {
        let pair = RsaKeyPair::from_pkcs8(&private).expect("a throw-away key");
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(&RSA_PKCS1_SHA256, &random, input.as_bytes(), &mut signature).expect("a signature");
        signature
    };
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// DER as PEM.
pub fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).expect("a throw-away key")).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

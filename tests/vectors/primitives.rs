//! The signatures below the tokens.

use jwt_auth::{Algorithm, keys::VerifyingKey};
use serde_json::Value;

use crate::{id, read, tests, text};

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).expect("hex")).collect()
}

/// How many were decided as labelled. What Wycheproof calls `acceptable` may go either way.
fn run(name: &str, signature: &str, key: impl Fn(&Value, &Value) -> Option<VerifyingKey>) -> usize {
    let Some(file) = read(&format!("primitives/{name}.json")) else { return 0 };
    let mut wrong = Vec::new();
    let mut seen = 0;
    for (group, test) in tests(&file) {
        let Some(key) = key(group, test) else { continue };
        let accepted = key.verify_signature(&bytes(text(test, "msg")), &bytes(text(test, signature)));
        let label = text(test, "result");
        if label != "acceptable" && accepted != (label == "valid") {
            wrong.push((id(test), text(test, "comment"), accepted));
        }
        seen += 1;
    }
    assert!(wrong.is_empty(), "{name}: {wrong:?}");
    assert!(seen > 80, "{name}: {seen}");
    seen
}

fn public(algorithm: Algorithm) -> impl Fn(&Value, &Value) -> Option<VerifyingKey> {
    // Keys with the exponent 3 are refused as keys.
    move |group, _| VerifyingKey::from_der(algorithm, bytes(text(group, "publicKeyDer"))).ok()
}

// JWS-16
#[test]
fn ecdsa() {
    run("ecdsa_secp256r1_sha256_p1363_test", "sig", public(Algorithm::ES256));
    run("ecdsa_secp384r1_sha384_p1363_test", "sig", public(Algorithm::ES384));
}

// JWS-17
#[test]
fn ed25519() {
    run("ed25519_test", "sig", public(Algorithm::Ed25519));
}

// JWS-07
#[test]
fn rsa() {
    run("rsa_signature_2048_sha256_test", "sig", public(Algorithm::RS256));
    run("rsa_pss_2048_sha256_mgf1_32_test", "sig", public(Algorithm::PS256));
}

// JWS-15, KEY-01
#[test]
fn hmac() {
    for (name, algorithm) in [
        ("hmac_sha256_test", Algorithm::HS256),
        ("hmac_sha384_test", Algorithm::HS384),
        ("hmac_sha512_test", Algorithm::HS512),
    ] {
        let Some(file) = read(&format!("primitives/{name}.json")) else { return };
        let (mut seen, mut wrong) = (0, Vec::new());
        for (group, test) in tests(&file) {
            let Ok(key) = VerifyingKey::from_secret(algorithm, bytes(text(test, "key"))) else { continue };
            let size = match algorithm {
                Algorithm::HS256 => 256,
                Algorithm::HS384 => 384,
                _ => 512,
            };
            let accepted = key.verify_signature(&bytes(text(test, "msg")), &bytes(text(test, "tag")));
            // A tag that was cut short is no signature of a token.
            let expected = text(test, "result") == "valid" && group["tagSize"] == size;
            if accepted != expected {
                wrong.push((id(test), text(test, "comment"), accepted));
            }
            seen += 1;
        }
        assert!(wrong.is_empty(), "{name}: {wrong:?}");
        assert!(seen > 80, "{name}: {seen}");
    }
}

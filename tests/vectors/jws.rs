//! Signatures in their compact form.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jwt_auth::{
    Algorithm,
    keys::{KeyError, SigningKey, VerifyingKey},
};
use serde_json::{Value, json};

use crate::{folder, id, read, tests, text};

/// A key as the vectors write it. One group has a secret of zeros, which has to be let in by name.
fn key(group: &Value) -> Option<VerifyingKey> {
    let members = group.get("public").or_else(|| group.get("private")).expect("a key");
    match VerifyingKey::from_jwk(members.to_string()) {
        Err(KeyError::Weak(_)) => {
            let secret = URL_SAFE_NO_PAD.decode(text(members, "k")).expect("base64url");
            let key = SigningKey::insecure_from_weak_secret(Algorithm::HS256, secret).expect("a secret");
            Some(key.with_kid(text(members, "kid")).verifying_key().clone())
        }
        key => key.ok(),
    }
}

/// What our rules say of a vector whose own label says otherwise.
///
/// * 346, 347, 350 and 351 name another algorithm than their key, or a curve that is not supported: refused.
/// * 367 and 370 are the very bytes of 357, which is valid: accepted.
/// * 372 and 373 hold a `?` in the payload, which is no base64url: refused.
const DEVIATIONS: [(u64, bool); 8] =
    [(346, false), (347, false), (350, false), (351, false), (367, true), (370, true), (372, false), (373, false)];

// JWS-01, JWS-02, JWS-05, JWS-07, JWS-08, JWS-12, JWS-16
#[test]
fn wycheproof_signatures() {
    let Some(file) = read("json_web_signature_test.json") else { return };
    let (mut right, mut wrong) = (0, Vec::new());
    for (group, test) in tests(&file) {
        let accepted = key(group).is_some_and(|key| key.verify_jws(text(test, "jws")).is_ok());
        let labelled = text(test, "result") == "valid";
        let expected = DEVIATIONS.iter().find(|(known, _)| *known == id(test)).map_or(labelled, |(_, ours)| *ours);
        if accepted == expected { right += 1 } else { wrong.push((id(test), text(test, "comment"), accepted)) }
    }
    assert!(wrong.is_empty(), "{right} right, wrong: {wrong:?}");
    assert_eq!(right, 401);
}

// JWS-12
#[test]
fn wycheproof_encryption_is_refused() {
    let Some(file) = read("json_web_encryption_test.json") else { return };
    let secret = VerifyingKey::from_secret(Algorithm::HS256, "q3v0J7mX2kD9fS1aLw8ZpT4cYb6NuRhGeVxKoMiQs5E").unwrap();
    let refused = tests(&file).filter(|(_, test)| secret.verify_jws(text(test, "jwe")).is_err()).count();
    assert_eq!(refused, 139);
}

// JWS-04, JWS-07, JWS-17
#[test]
fn the_examples_of_the_rfcs() {
    let Some(file) = read("rfc7515_rfc8037_examples.json") else { return };
    let mut seen = 0;
    for vector in file["vectors"].as_array().expect("vectors") {
        let mut jwk = vector["jwk"].clone();
        jwk["alg"] = vector["alg"].clone();
        // RFC 7515 appendix A.4 is ES512, which is not supported.
        let is_supported = !matches!(text(vector, "alg"), "ES512" | "none");
        let key = VerifyingKey::from_jwk(jwk.to_string());
        assert_eq!(key.is_ok(), is_supported, "{vector}");
        let valid = text(vector, "result") == "valid" && is_supported;
        let accepted = key.is_ok_and(|key| key.verify_jws(text(vector, "jws")).is_ok());
        assert_eq!(accepted, valid, "{}", text(vector, "ref"));
        seen += 1;
    }
    assert!(seen >= 4, "{seen}");
}

// JWS-07, JWS-08
#[test]
fn the_cookbook() {
    let Some(folder) = folder() else { return };
    let mut verified = 0;
    for name in [
        "jws/4_1.rsa_v15_signature",
        "jws/4_2.rsa-pss_signature",
        "jws/4_4.hmac-sha2_integrity_protection",
        "curve25519/jws",
    ] {
        let file = read(&format!("jose-cookbook/{name}.json")).expect("a file");
        let mut jwk = file["input"]["key"].clone();
        jwk["alg"] = file["input"]["alg"].clone();
        let private = SigningKey::from_jwk(jwk.to_string()).unwrap_or_else(|error| panic!("{name}: {error}"));
        let payload = private.verifying_key().verify_jws(text(&file["output"], "compact"));
        assert!(payload.is_ok(), "{name}: {payload:?}");
        verified += 1;
    }
    assert_eq!(verified, 4);
    // The payload of RFC 7797 is not encoded, and `crit` says so.
    for name in ["hmac-sha2_b64_false", "4.2.hmac-sha2_b64_false"] {
        let path = folder.join(format!("jose-cookbook/rfc7797/{name}.json"));
        let file: Value = serde_json::from_str(&std::fs::read_to_string(path).expect("a file")).expect("JSON");
        let mut jwk = file["input"]["key"].clone();
        jwk["alg"] = json!("HS256");
        let key = VerifyingKey::from_jwk(jwk.to_string()).expect("a key");
        assert!(key.verify_jws(text(&file["output"], "compact")).is_err(), "{name}");
    }
}

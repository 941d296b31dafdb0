//! Bytes are either a usable key or refused.
#![no_main]

use jwt_auth::{Algorithm, keys::{SigningKey, VerifyingKey, VerifyingKeys}};

const ALGORITHMS: [Algorithm; 5] =
    [Algorithm::HS256, Algorithm::RS256, Algorithm::PS384, Algorithm::ES256, Algorithm::Ed25519];

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let printed = |key: &SigningKey| assert!(format!("{key:?}").len() < 2_000);
    for algorithm in ALGORITHMS {
        let _ = (VerifyingKey::from_pem(algorithm, bytes), VerifyingKey::from_der(algorithm, bytes));
        let made = [SigningKey::from_pem(algorithm, bytes), SigningKey::from_der(algorithm, bytes)];
        made.iter().flatten().for_each(printed);
        if let Ok(key) = SigningKey::from_secret(algorithm, bytes) {
            assert!(bytes.len() >= 32 && algorithm == Algorithm::HS256);
            printed(&key);
        }
    }
    let _ = VerifyingKeys::from_jwks(bytes);
    if let Ok(key) = VerifyingKey::from_jwk(bytes) {
        assert!(key.verify_jws("a.b.c").is_err());
    }
    if let Ok(key) = SigningKey::from_jwk(bytes) {
        printed(&key);
    }
});

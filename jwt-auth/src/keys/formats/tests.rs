//! Tests with keys that OpenSSL wrote for these tests only. They run with each crypto backend.

use crate::jose::algorithm::Algorithm;
use crate::jose::key_error::KeyError;
use crate::keys::signing_key::SigningKey;
use crate::keys::verifying_key::VerifyingKey;

const RSA: &str = include_str!("throw_away/rsa_pkcs1.pem");
const RSA_PUBLIC: &str = include_str!("throw_away/rsa_pkcs1_public.pem");
const P256: &str = include_str!("throw_away/p256_sec1.pem");
const P256_PUBLIC: &str = include_str!("throw_away/p256_public.pem");
const P256_OTHER: &str = include_str!("throw_away/p256_other_public.pem");
const P384: &str = include_str!("throw_away/p384_pkcs8.pem");
const ED25519: &str = include_str!("throw_away/ed25519_pkcs8.pem");
const ENCRYPTED: &str = include_str!("throw_away/encrypted.pem");

fn private(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::ES256 => P256,
        Algorithm::ES384 => P384,
        Algorithm::Ed25519 | Algorithm::EdDSA => ED25519,
        _ => RSA,
    }
}

const PUBLIC: [Algorithm; 10] = [
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
];

// JWS-07, KEY-05
#[test]
fn keys_written_by_openssl_sign_and_verify() {
    for algorithm in PUBLIC {
        let key = SigningKey::from_pem(algorithm, private(algorithm)).unwrap();
        assert_eq!(key.self_test(), Ok(()), "{algorithm}");
        let signature = key.sign("a.b").unwrap();
        let verifying = key.verifying_key();
        assert!(verifying.verify("a.b", &signature).is_ok() && verifying.verify("a.c", &signature).is_err());
        for damaged in [&signature[1..], &[&signature[..], &[0]].concat(), &[], &vec![0; signature.len()]] {
            assert!(verifying.verify("a.b", damaged).is_err(), "{algorithm}");
        }
    }
}

// KEY-05
#[test]
fn public_and_private_key_files_have_the_same_public_key() {
    let public = VerifyingKey::from_pem(Algorithm::RS256, RSA_PUBLIC).unwrap();
    assert_eq!(public.kid(), SigningKey::from_pem(Algorithm::RS256, RSA).unwrap().verifying_key().kid());
    let public = VerifyingKey::from_pem(Algorithm::ES256, P256_PUBLIC).unwrap();
    assert_eq!(public.kid(), SigningKey::from_pem(Algorithm::ES256, P256).unwrap().verifying_key().kid());
}

// KEY-05
#[test]
fn an_encrypted_key_and_a_key_of_another_kind_are_refused() {
    let error = SigningKey::from_pem(Algorithm::Ed25519, ENCRYPTED).unwrap_err();
    assert!(error.to_string().contains("unencrypted"), "{error}");
    for algorithm in PUBLIC {
        for other in PUBLIC.into_iter().filter(|other| private(*other) != private(algorithm)) {
            let error = SigningKey::from_pem(algorithm, private(other)).unwrap_err();
            assert!(
                matches!(error, KeyError::WrongKind { .. } | KeyError::Malformed(_)),
                "{algorithm} {other}: {error}"
            );
        }
    }
}

// JWS-07: a private and a public key that do not match are found before the first login.
#[test]
fn a_self_test_finds_mismatched_keys() {
    let other = VerifyingKey::from_pem(Algorithm::ES256, P256_OTHER).unwrap();
    let key = SigningKey::from_pem(Algorithm::ES256, P256).unwrap();
    assert_eq!(key.with_verifying_key(other).self_test(), Err(KeyError::SelfTest));
}

proptest::proptest! {
    // REL-01
    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..120), text in ".{0,80}") {
        for algorithm in [Algorithm::RS256, Algorithm::ES256, Algorithm::Ed25519, Algorithm::HS256] {
            let _ = (SigningKey::from_der(algorithm, &bytes), VerifyingKey::from_der(algorithm, &bytes));
            let _ = (SigningKey::from_pem(algorithm, &text), VerifyingKey::from_jwk(&text));
            let _ = SigningKey::from_secret(algorithm, &bytes);
        }
    }
}

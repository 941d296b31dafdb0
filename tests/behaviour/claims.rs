//! The claims that a handler reads from a verified token.

use jwt_auth::{
    Algorithm, Keys,
    issuer::IssuerKeys,
    keys::{KeyError, VerifyingKey},
    rejection::TokenError,
};
use jwt_auth_tests::keys::{pair, signing, verifying};
use serde_json::json;

use crate::fixture::{Bearer, ISSUER, NOW, alice, ready, settings};

// CLM-03, CLM-05, CLM-08
#[test]
fn every_claim_is_read_as_it_was_issued() {
    let auth = settings(Bearer.backend()).audience(ISSUER).audience("https://b.test").build().unwrap();
    let token = auth.new_token(&alice()).audience([ISSUER, "https://c.test"]).not_before(NOW as u64).jwt_id("the-id");
    let token = auth.verified(&token.extra("tenant", &json!({ "id": 7 })).sign().unwrap()).unwrap();
    assert_eq!((token.issuer(), token.subject(), token.jwt_id()), (ISSUER, "7", Some("the-id")));
    assert!(token.audience().eq([ISSUER, "https://c.test"]));
    let now = NOW as u64;
    assert_eq!((token.issued_at(), token.expires_at(), token.not_before()), (Some(now), now + 3600, Some(now)));
    assert_eq!(token.extras()["tenant"], json!({ "id": 7 }));
    assert_eq!((token.extras()["name"].as_str(), token.session()), (Some("alice"), None));
    let printed = format!("{token:?}");
    assert!(printed.contains("the-id") && !printed.contains("alice"), "{printed}");
}

// CLM-02
#[test]
fn a_claim_that_is_not_there_is_named() {
    let auth = ready(Bearer.backend());
    let token = auth.verified(&auth.create_token(&alice()).unwrap()).unwrap();
    let error = token.claim::<u64>("plan").unwrap_err();
    assert_eq!(
        (error.claim(), error.to_string().as_str()),
        ("plan", "the claim `plan` is absent or has the wrong type")
    );
    let rejection = jwt_auth::Rejection::from(error);
    assert_eq!(*rejection.reason(), jwt_auth::RejectionReason::Token(TokenError::Claim("plan".into())));
}

// CLM-01
#[test]
fn the_longest_lifetime_is_accepted_and_no_second_more() {
    let day = std::time::Duration::from_secs(86_400);
    let long = settings(Bearer.backend()).max_lifetime(day * 2).build().unwrap();
    let token = |seconds| long.new_token(&alice()).expires_in(std::time::Duration::from_secs(seconds)).sign().unwrap();
    let auth = ready(Bearer.backend());
    assert!(auth.verified(&token(86_400)).is_ok());
    assert_eq!(auth.verified(&token(86_401)).unwrap_err(), TokenError::TooFar);
}

// KEY-11
#[test]
fn the_debug_text_of_a_key_names_its_algorithm_and_id() {
    let key = verifying(Algorithm::ES256, "one");
    assert!(format!("{key:?}").starts_with("VerifyingKey { algorithm: ES256, kid: Some("));
    assert!(format!("{:?}", signing(Algorithm::ES256, "one")).starts_with("SigningKey { algorithm: ES256"));
    assert!(format!("{:?}", IssuerKeys::from(key)).contains("ES256"));
    let error = Keys::hs256("short").unwrap_err();
    assert_eq!(format!("{error:?}"), error.to_string(), "what a `main` prints");
}

// KEY-05: the error names the fault of the key, which is found before any cryptography.
#[test]
fn a_key_of_the_wrong_size_or_form_is_an_error_that_says_so() {
    let text = |found: Result<VerifyingKey, KeyError>| found.unwrap_err().to_string();
    let public = pair(Algorithm::ES256, "one").public;
    let at = public.len() - 65;
    for form in [2, 3, 6, 7] {
        let mut hybrid = public.clone();
        hybrid[at] = form;
        assert!(text(VerifyingKey::from_der(Algorithm::ES256, hybrid)).contains("uncompressed point"), "{form}");
    }
    let mut ed = pair(Algorithm::Ed25519, "one").public;
    ed.pop();
    (ed[1], ed[10]) = (ed[1] - 1, ed[10] - 1);
    assert!(text(VerifyingKey::from_der(Algorithm::Ed25519, ed)).contains("a key of another algorithm"));
    // The inner PKCS#1 part of an RSA key. An EC key has no such part.
    let rsa = pair(Algorithm::RS256, "one").public;
    assert!(VerifyingKey::from_der(Algorithm::RS256, &rsa[24..]).is_ok());
    assert!(text(VerifyingKey::from_der(Algorithm::ES256, &rsa[24..])).contains("give a public key"));
    let (long, short) = ("A".repeat(43), "A".repeat(42));
    for (x, y) in [(&long, &short), (&short, &long)] {
        let jwk = json!({ "kty": "EC", "crv": "P-256", "alg": "ES256", "x": x, "y": y });
        assert!(text(VerifyingKey::from_jwk(jwk.to_string())).contains("a coordinate"), "{jwk}");
    }
}

//! Keys: what is a key and what is none.

use jwt_auth::{
    Issuer, Keys, auth_backend,
    keys::{SigningKey, VerifyingKey, VerifyingKeys},
};
use serde_json::Value;

use crate::{id, read, tests, text};

#[derive(Clone, jwt_auth::JwtUser)]
struct User {
    #[jwt_user(id)]
    id: String,
}

#[auth_backend(kind = "bearer", user = User)]
struct Auth;

/// Every key of a group, where all of them are keys and may stand in one set.
fn keys(group: &Value) -> Option<Vec<VerifyingKey>> {
    let half = group.get("public").or_else(|| group.get("private"))?;
    let members: Vec<&Value> = match half["keys"].as_array() {
        Some(keys) => keys.iter().collect(),
        None => vec![half],
    };
    let keys: Vec<VerifyingKey> =
        members.iter().map(|jwk| VerifyingKey::from_jwk(jwk.to_string())).collect::<Result<_, _>>().ok()?;
    let set = Auth
        .backend()
        .verify_only()
        .trust(Issuer::rfc9068("test").keys(VerifyingKeys::new(keys.clone())).audience("test"));
    set.build().ok().map(|_| keys)
}

/// A key whose primes were made by a broken generator (CVE-2017-15361) looks like any other without a test of its own.
const ROCA: u64 = 7;

/// A secret and a public key in one set, each with a name and an algorithm. Wycheproof marks the case as ambiguous. We accept it,
/// so that a service can move from one kind to the other, and find a key by both (KEY-06).
const MIXED: u64 = 1;

// KEY-01, KEY-03, KEY-05, KEY-06
#[test]
fn wycheproof_keys() {
    let Some(file) = read("json_web_key_test.json") else { return };
    let (mut right, mut wrong) = (0, Vec::new());
    for (group, test) in tests(&file) {
        let keys = keys(group).unwrap_or_default();
        let accepted = keys.iter().any(|key| key.verify_jws(text(test, "jws")).is_ok());
        let expected = text(test, "result") == "valid" || [ROCA, MIXED].contains(&id(test));
        if accepted == expected { right += 1 } else { wrong.push((id(test), text(test, "comment"), accepted)) }
    }
    assert!(wrong.is_empty(), "{right} right, wrong: {wrong:?}");
    assert_eq!(right, 26);
}

// KEY-05
#[test]
fn the_keys_of_the_cookbook() {
    for (name, is_private) in [("3_3.rsa_public_key", false), ("3_4.rsa_private_key", true)] {
        let Some(mut jwk) = read(&format!("jose-cookbook/jwk/{name}.json")) else { return };
        jwk["alg"] = "PS384".into();
        assert!(VerifyingKey::from_jwk(jwk.to_string()).is_ok(), "{name}");
        assert_eq!(SigningKey::from_jwk(jwk.to_string()).is_ok(), is_private, "{name}");
        if is_private {
            let keys = Keys::from_jwk(jwk.to_string()).expect("a key");
            assert!(Auth.backend().keys(keys).issuer("test").build().is_ok(), "it signs");
        }
    }
    // P-521 is not supported; 3.6 is a key for encryption.
    for name in ["3_1.ec_public_key", "3_2.ec_private_key", "3_6.symmetric_key_encryption"] {
        let jwk = read(&format!("jose-cookbook/jwk/{name}.json")).expect("a file");
        assert!(VerifyingKey::from_jwk(jwk.to_string()).is_err(), "{name}");
    }
}

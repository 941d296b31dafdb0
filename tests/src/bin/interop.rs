//! For the tests of other makers: issues a token for every algorithm, or verifies theirs. One JSON object goes in on the
//! standard input, one comes out.
//!
//! * `{"issue": secret}`: `{"jwks": {alg: set}, "tokens": {alg: token}}`; HMAC tokens are of the secret.
//! * `{"verify": [{"alg": ..., "jwk": ..., "token": ...}]}`: `[true, false, ...]`

use std::io::Read;

use jwt_auth::{
    Algorithm, Issuer, auth_backend,
    keys::{SigningKey, VerifyingKey},
};
use jwt_auth_tests::keys::{ALL, signing};
use serde_json::{Map, Value, json};

const ISSUER: &str = "https://issuer.test";

#[derive(Clone, jwt_auth::JwtUser)]
struct User {
    #[jwt_user(id)]
    id: String,
    #[jwt_user(claim)]
    name: String,
}

#[auth_backend(kind = "bearer", user = User)]
struct Auth;

fn issue(secret: &str) -> Value {
    let (mut sets, mut tokens) = (Map::new(), Map::new());
    for algorithm in ALL {
        let key = match algorithm {
            Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512 => SigningKey::from_secret(algorithm, secret),
            _ => Ok(signing(algorithm, "interop")),
        };
        let auth = Auth.backend().keys(key.expect("a key").into()).issuer(ISSUER).build().expect("a backend");
        let user = User { id: "7".into(), name: "Zoë \"quoted\"".into() };
        sets.insert(algorithm.name().into(), serde_json::from_str(&auth.jwks()).expect("a set"));
        tokens.insert(algorithm.name().into(), auth.create_token(&user).expect("a token").into());
    }
    json!({ "jwks": sets, "tokens": tokens })
}

fn verify(case: &Value) -> bool {
    let mut jwk = case["jwk"].clone();
    jwk["alg"] = case["alg"].clone();
    let key = VerifyingKey::from_jwk(jwk.to_string()).unwrap_or_else(|error| panic!("{}: {error}", case["alg"]));
    let auth = Auth
        .backend()
        .verify_only()
        .trust(Issuer::rfc9068(ISSUER).keys(key).audience(ISSUER))
        .build()
        .expect("a backend");
    auth.verified(case["token"].as_str().unwrap_or_default()).is_ok_and(|token| token.subject() == "7")
}

fn main() {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).expect("text");
    let asked: Value = serde_json::from_str(&text).expect("JSON");
    let answer = match asked["verify"].as_array() {
        Some(cases) => cases.iter().map(verify).collect(),
        None => issue(asked["issue"].as_str().expect("a secret")),
    };
    println!("{answer}");
}

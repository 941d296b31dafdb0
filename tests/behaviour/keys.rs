//! Keys of every kind and format, and which of them are refused.

use aws_lc_rs::rsa::KeySize;
use axum::Router;
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jwt_auth::{
    Algorithm, Backend, Issuer, Keys, VerifyOnly,
    keys::{KeyError, SigningKey, VerifyingKey, VerifyingKeys},
    well_known::serve_jwks,
};
use jwt_auth_tests::{Answer, call};
use serde_json::{Value, json};

use crate::fixture::{Bearer, ISSUER, NOW, SECRET, User, alice, bearer, request};
use jwt_auth_tests::Folder;
use jwt_auth_tests::keys::{ALL, PUBLIC, pair, pem, rsa, signing, verifying};

fn issuing(key: SigningKey) -> Backend<Bearer> {
    Bearer.backend().keys(key.into()).issuer(ISSUER).clock(|| NOW).build().unwrap()
}

fn verifier(keys: impl Into<jwt_auth::issuer::IssuerKeys>) -> Backend<Bearer, VerifyOnly> {
    Bearer
        .backend()
        .verify_only()
        .trust(Issuer::rfc9068(ISSUER).keys(keys).audience(ISSUER))
        .clock(|| NOW)
        .build()
        .unwrap()
}

async fn me<M: jwt_auth::config::Mode>(auth: &Backend<Bearer, M>, token: &str) -> Answer {
    let app = auth.protect(Router::new().route("/me", get(|user: User| async move { user.name }))).unwrap();
    call(&app, request("GET", "/me", &[("authorization", &bearer(token))])).await
}

fn header(token: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap()).unwrap()
}

// JWS-07, JWS-17, KEY-13
#[tokio::test]
async fn every_algorithm_signs_and_its_public_half_verifies() {
    for algorithm in ALL {
        let key = signing(algorithm, "every");
        let token = issuing(key.clone()).create_token(&alice()).unwrap();
        assert_eq!(header(&token)["alg"], algorithm.name());
        assert_eq!(header(&token)["kid"].as_str(), key.verifying_key().kid());
        let answer = me(&verifier(key.verifying_key().clone()), &token).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "alice"), "{algorithm}");
        assert_eq!(me(&verifier(verifying(algorithm, "other")), &token).await.status, 401, "{algorithm}");
    }
}

// JWS-07
#[tokio::test]
async fn a_key_verifies_its_own_algorithm_and_no_other() {
    for algorithm in [Algorithm::RS256, Algorithm::PS256, Algorithm::RS512, Algorithm::EdDSA, Algorithm::HS256] {
        let token = issuing(signing(algorithm, "one").with_kid("k")).create_token(&alice()).unwrap();
        for other in ALL.into_iter().filter(|other| *other != algorithm) {
            let auth = verifier(verifying(other, "one").with_kid("k"));
            assert_eq!(me(&auth, &token).await.status, 401, "{algorithm} under a key for {other}");
        }
    }
}

// KEY-05, KEY-13
#[tokio::test]
async fn every_format_gives_the_same_key() {
    for algorithm in PUBLIC.iter().copied() {
        let (key, made) = (signing(algorithm, "formats"), pair(algorithm, "formats"));
        let private = SigningKey::from_pem(algorithm, pem("PRIVATE KEY", &made.private)).unwrap();
        let public = VerifyingKey::from_pem(algorithm, pem("PUBLIC KEY", &made.public)).unwrap();
        let der = VerifyingKey::from_der(algorithm, &made.public).unwrap();
        let set = issuing(key.clone()).jwks();
        let jwk = serde_json::from_str::<Value>(&set).unwrap()["keys"][0].to_string();
        let jwk = VerifyingKey::from_jwk(jwk).unwrap();
        for found in [private.verifying_key(), &public, &der, &jwk] {
            assert_eq!((found.kid(), found.algorithm()), (key.verifying_key().kid(), algorithm));
        }
        let token = issuing(private).create_token(&alice()).unwrap();
        let sets = [public.into(), der.into(), jwk.into(), VerifyingKeys::from_jwks(set).unwrap()];
        for keys in sets {
            assert_eq!(me(&verifier(keys), &token).await.status, 200, "{algorithm}");
        }
    }
}

#[tokio::test]
async fn keys_are_read_from_text_bytes_files_and_variables() {
    let (algorithm, made) = (Algorithm::ES256, pair(Algorithm::ES256, "places"));
    let text = pem("PRIVATE KEY", &made.private);
    let folder = Folder::new("key");
    let path = folder.join("key.pem");
    std::fs::write(&path, &text).unwrap();
    let places = [
        Keys::from_pem(algorithm, &text),
        Keys::from_der(algorithm, &made.private),
        Keys::from_pem_file(algorithm, &path),
    ];
    std::fs::remove_file(&path).unwrap();
    for keys in places {
        let keys = keys.unwrap();
        assert_eq!(keys.algorithm(), algorithm);
        let auth = Bearer.backend().keys(keys).issuer(ISSUER).clock(|| NOW).build().unwrap();
        let token = auth.create_token(&alice()).unwrap();
        assert_eq!(me(&verifier(verifying(algorithm, "places")), &token).await.status, 200);
    }
    assert!(matches!(Keys::from_pem_file(algorithm, &path), Err(KeyError::File { .. })));
    let absent = "JWT_AUTH_NO_SUCH_VARIABLE";
    for keys in [Keys::hs256_from_env(absent), Keys::hs384_from_env(absent), Keys::hs512_from_env(absent)] {
        assert_eq!(keys.unwrap_err(), KeyError::NotSet { variable: absent.into() });
    }
    assert_eq!(Keys::from_pem_env(algorithm, absent).unwrap_err(), KeyError::NotSet { variable: absent.into() });
}

// KEY-01, KEY-02, KEY-04
#[test]
fn a_weak_secret_is_refused_by_every_constructor() {
    let jwk =
        |secret: &[u8], alg: &str| json!({ "kty": "oct", "alg": alg, "k": URL_SAFE_NO_PAD.encode(secret) }).to_string();
    for secret in
        ["", "short", "correct-horse-battery-staple-1234", "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYI\n"]
    {
        assert!(Keys::hs256(secret).is_err() && Keys::hs512(secret).is_err(), "{secret}");
        assert!(VerifyingKey::from_secret(Algorithm::HS256, secret).is_err(), "{secret}");
        assert!(SigningKey::from_jwk(jwk(secret.as_bytes(), "HS256")).is_err(), "{secret}");
    }
    assert!(matches!(Keys::hs384(&SECRET[..43]), Err(KeyError::TooShort { min: 48, .. })));
    assert!(SigningKey::from_jwk(jwk(SECRET.as_bytes(), "HS384")).is_err());
    let weak = "correct-horse-battery-staple-1234";
    assert!(SigningKey::insecure_from_weak_secret(Algorithm::HS256, weak).is_ok());
    assert!(SigningKey::insecure_from_weak_secret(Algorithm::HS256, "short").is_err());
    let public = pem("PUBLIC KEY", &pair(Algorithm::RS256, "one").public);
    assert_eq!(SigningKey::insecure_from_weak_secret(Algorithm::HS256, public).unwrap_err(), KeyError::KeyAsSecret);
    assert_eq!(Keys::hs256(pair(Algorithm::RS256, "one").public).unwrap_err(), KeyError::KeyAsSecret);
    assert!(matches!(SigningKey::from_secret(Algorithm::RS256, SECRET), Err(KeyError::WrongKind { .. })));
}

// KEY-03
#[test]
fn an_rsa_key_is_of_a_size_that_can_be_trusted() {
    let large = rsa(KeySize::Rsa3072);
    assert!(SigningKey::from_der(Algorithm::PS384, &large.private).is_ok());
    // A public key of 1024 bits, made from its modulus and its exponent.
    let jwk = |n: &[u8], e: &[u8]| {
        let (n, e) = (URL_SAFE_NO_PAD.encode(n), URL_SAFE_NO_PAD.encode(e));
        VerifyingKey::from_jwk(json!({ "kty": "RSA", "alg": "RS256", "n": n, "e": e }).to_string())
    };
    assert_eq!(jwk(&[0xff; 128], &[1, 0, 1]).unwrap_err(), KeyError::RsaSize { bits: 1024 });
    for e in [&[1][..], &[3], &[1, 0, 0]] {
        assert_eq!(jwk(&[0xff; 256], e).unwrap_err(), KeyError::RsaExponent);
    }
}

// KEY-05
#[test]
fn a_key_of_the_wrong_kind_or_form_is_an_error_that_says_so() {
    let (rsa, ec) = (pair(Algorithm::RS256, "one"), pair(Algorithm::ES256, "one"));
    let text = |error: KeyError| error.to_string();
    let wrong = SigningKey::from_der(Algorithm::ES256, &rsa.private).unwrap_err();
    assert_eq!(text(wrong), "ES256 needs another kind of key; this is an RSA key");
    let wrong = SigningKey::from_der(Algorithm::ES384, &ec.private).unwrap_err();
    assert_eq!(text(wrong), "ES384 needs another kind of key; this is an EC key on P-256");
    for give in
        [pem("PUBLIC KEY", &ec.public), pem("ENCRYPTED PRIVATE KEY", &ec.private[..40]), String::new(), "x".into()]
    {
        let error = text(SigningKey::from_pem(Algorithm::ES256, give).unwrap_err());
        assert!(error.contains("give an unencrypted private key"), "{error}");
    }
    for give in [pem("PRIVATE KEY", &ec.private), pem("CERTIFICATE", &ec.public), String::new()] {
        let error = text(VerifyingKey::from_pem(Algorithm::ES256, give).unwrap_err());
        assert!(error.contains("give a public key"), "{error}");
    }
    // OpenSSL writes a block of parameters before the key of an EC key.
    let with_parameters = pem("EC PARAMETERS", &[6, 8]) + &pem("PRIVATE KEY", &ec.private);
    assert!(SigningKey::from_pem(Algorithm::ES256, with_parameters).is_ok());
    // A point that is not on its curve.
    let mut point = ec.public.clone();
    *point.last_mut().unwrap() ^= 1;
    assert!(VerifyingKey::from_der(Algorithm::ES256, &point).is_err());
}

// KEY-05
#[test]
fn the_members_of_a_jwk_agree() {
    let set = issuing(signing(Algorithm::ES256, "jwk")).jwks();
    let good = serde_json::from_str::<Value>(&set).unwrap()["keys"][0].clone();
    let with = |name: &str, value: Value| {
        let mut jwk = good.clone();
        jwk[name] = value;
        VerifyingKey::from_jwk(jwk.to_string())
    };
    assert!(with("key_ops", json!(["verify"])).is_ok() && with("x5t", json!("x")).is_ok());
    for (name, value) in [
        ("kty", json!("RSA")),
        ("kty", json!("ec")),
        ("kty", Value::Null),
        ("crv", json!("P-384")),
        ("crv", json!("P-521")),
        ("alg", json!("ES384")),
        ("alg", json!("none")),
        ("alg", json!("ES512")),
        ("alg", json!(7)),
        ("use", json!("enc")),
        ("use", json!("SIG")),
        ("key_ops", json!(["encrypt"])),
        ("key_ops", json!([])),
        ("key_ops", json!("verify")),
        ("x", json!("AA")),
        ("x", json!(7)),
        ("x", json!("A===")),
        ("y", good["x"].clone()),
        ("kid", json!(7)),
    ] {
        assert!(with(name, value.clone()).is_err(), "{name}: {value}");
    }
    assert!(VerifyingKey::from_jwk("[]").is_err() && VerifyingKey::from_jwk("{").is_err());
    assert!(SigningKey::from_jwk(good.to_string()).unwrap_err().to_string().contains("cannot sign"));
}

// KEY-06
#[test]
fn a_key_set_has_no_name_twice_and_names_each_key_if_it_is_mixed() {
    let build = |keys: Keys| Bearer.backend().keys(keys).issuer(ISSUER).build().map(drop);
    let message = |keys: Keys| build(keys).unwrap_err().to_string();
    let secret = || Keys::from(signing(Algorithm::HS256, "a"));
    assert!(build(secret().also_verify(verifying(Algorithm::ES256, "one"))).is_ok());
    let ec = || Keys::from(signing(Algorithm::ES256, "one"));
    assert!(build(ec().also_verify(verifying(Algorithm::HS256, "a"))).is_ok());
    let unnamed = VerifyingKey::from_secret(Algorithm::HS256, SECRET).unwrap();
    for keys in [
        ec().also_verify(unnamed.clone()),
        Keys::hs256(SECRET).unwrap().also_verify(verifying(Algorithm::ES256, "one")),
    ] {
        let text = message(keys);
        assert!(text.contains("`with_kid`") && text.contains("wait for one `lifetime`"), "{text}");
    }
    let both = Keys::from(signing(Algorithm::ES256, "one").with_kid("a"));
    assert!(message(both.also_verify(verifying(Algorithm::HS256, "a"))).contains("two keys are named `a`"));
    assert_eq!(unnamed.with_kid("").kid(), None);
    assert!(message(ec().also_verify(verifying(Algorithm::ES256, "one"))).contains("two keys are named"));
    let nameless = VerifyingKey::from_secret(Algorithm::HS256, SECRET).unwrap();
    let keys = Keys::hs256("W5vJ7mX2kD9fS1aLw8ZpT4cYb6NuRhGeVxKoMiQs5Eq3").unwrap().also_verify(nameless);
    assert!(message(keys).contains("two keys have no name"));
    let none =
        Bearer.backend().verify_only().trust(Issuer::new(ISSUER).keys(VerifyingKeys::new([])).audience("a")).build();
    assert!(none.unwrap_err().to_string().contains("no key that can be used"));
    assert!(build(ec().also_verify(verifying(Algorithm::RS256, "one"))).is_ok());
}

// JWS-11
#[tokio::test]
async fn a_token_without_kid_is_accepted_if_only_one_key_fits() {
    let (one, two) = (signing(Algorithm::ES256, "one"), verifying(Algorithm::ES256, "two"));
    let token = issuing(one.clone()).create_token(&alice()).unwrap();
    let nameless = {
        let mut header = header(&token);
        header.as_object_mut().unwrap().remove("kid");
        let rest = token.split('.').nth(1).unwrap();
        let input = format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header.to_string()));
        sign(&pair(Algorithm::ES256, "one").private, &input)
    };
    assert_eq!(me(&verifier(one.verifying_key().clone()), &nameless).await.status, 200);
    let both = VerifyingKeys::new([one.verifying_key().clone(), two.clone()]);
    assert_eq!(me(&verifier(both.clone()), &nameless).await.status, 401);
    assert_eq!(me(&verifier(both), &token).await.status, 200);
    let others = VerifyingKeys::new([one.verifying_key().clone(), verifying(Algorithm::RS256, "one")]);
    assert_eq!(me(&verifier(others), &nameless).await.status, 200, "the only one of its algorithm");
}

fn sign(private: &[u8], input: &str) -> String {
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, private).unwrap();
    let signature = pair.sign(&aws_lc_rs::rand::SystemRandom::new(), input.as_bytes()).unwrap();
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
}

// CLM-06
#[tokio::test]
async fn a_key_verifies_tokens_of_its_own_issuer_only() {
    const OTHER: &str = "https://other.test";
    let (ours, theirs) = (signing(Algorithm::ES256, "one"), signing(Algorithm::ES256, "two"));
    let auth = Bearer
        .backend()
        .verify_only()
        .trust(Issuer::rfc9068(ISSUER).keys(ours.verifying_key().clone()).audience(ISSUER))
        .trust(Issuer::rfc9068(OTHER).keys(theirs.verifying_key().clone()).audience(ISSUER))
        .clock(|| NOW)
        .build()
        .unwrap();
    let token =
        |key: &SigningKey, issuer: &str| issuing(key.clone()).new_token(&alice()).issuer(issuer).sign().unwrap();
    assert_eq!(me(&auth, &token(&ours, ISSUER)).await.status, 200);
    assert_eq!(me(&auth, &token(&theirs, OTHER)).await.status, 200);
    for (key, issuer) in [(&theirs, ISSUER), (&ours, OTHER), (&ours, "https://third.test")] {
        assert_eq!(me(&auth, &token(key, issuer)).await.status, 401, "{issuer}");
    }
}

// KEY-07, KEY-08
#[tokio::test]
async fn the_published_set_holds_public_members_and_says_how_long() {
    for algorithm in ALL {
        let auth = issuing(signing(algorithm, "one"));
        let app = auth.protect(Router::new().route("/open", get(serve_jwks))).unwrap();
        let answer = call(&app, request("GET", "/open", &[])).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/jwk-set+json")));
        assert_eq!(answer.header("cache-control"), Some("public, max-age=300"));
        let set: Value = serde_json::from_str(&answer.body).unwrap();
        let keys = set["keys"].as_array().unwrap();
        assert_eq!(keys.len(), usize::from(PUBLIC.contains(&algorithm)), "{algorithm}");
        for key in keys {
            for private in ["d", "p", "q", "dp", "dq", "qi", "k", "oth"] {
                assert!(key.get(private).is_none(), "{algorithm}: {private}");
            }
            assert_eq!((&key["use"], &key["alg"]), (&json!("sig"), &json!(algorithm.name())));
        }
    }
}

// KEY-11
#[test]
fn no_key_prints_its_material() {
    for algorithm in ALL {
        let key = signing(algorithm, "one");
        let printed = format!("{key:?} {:?} {:?}", key.verifying_key(), Keys::from(key.clone()));
        assert!(printed.len() < 600 && printed.contains(algorithm.name()), "{printed}");
    }
}

// KEY-13: RFC 7638 section 3.1 and RFC 8037 appendix A.3.
#[test]
fn the_thumbprints_of_the_rfcs() {
    let rsa = r#"{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256"}"#;
    assert_eq!(VerifyingKey::from_jwk(rsa).unwrap().kid(), Some("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"));
    let ed = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","alg":"Ed25519"}"#;
    assert_eq!(VerifyingKey::from_jwk(ed).unwrap().kid(), Some("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"));
}

//! A policy belongs to one issuer: for two issuers with random policies, the answer to a token of one does not depend on the
//! policy of the other.

use std::time::Duration;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jwt_auth::keys::SigningKey;
use jwt_auth::{Algorithm, Backend, Issuer, VerifyOnly, auth_backend};
use jwt_auth_tests::keys::{pair, signing};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::fixture::NOW;

#[derive(Clone, jwt_auth::JwtUser)]
struct User {
    #[jwt_user(id)]
    id: String,
}

#[auth_backend(kind = "bearer", user = User)]
struct Auth;

const NAMES: [&str; 2] = ["https://one.test", "https://two.test"];

/// One random setting of an issuer.
type Setting = fn(Issuer) -> Issuer;

const SETTINGS: [Setting; 18] = [
    |issuer| issuer.audience("api"),
    |issuer| issuer.audience("other"),
    |issuer| issuer.any_audience(),
    |issuer| issuer.audience("c").audience_claim("client_id"),
    |issuer| issuer.accept_type("odd"),
    |issuer| issuer.require_type("at+jwt"),
    |issuer| issuer.require_claim("jti"),
    |issuer| issuer.require_one_of(["scp", "roles"]),
    |issuer| issuer.require_value("token_use", ["access"]),
    |issuer| issuer.forbid_claim("roles"),
    |issuer| issuer.allow_claim("nonce"),
    |issuer| issuer.accept_id_tokens(),
    |issuer| issuer.callers(["c"]),
    |issuer| issuer.subject_claims(["uid", "sub"]),
    |issuer| issuer.scope_claim("roles"),
    |issuer| issuer.jwt_id_claim("uti"),
    |issuer| issuer.leeway(Duration::from_secs(60)),
    |issuer| issuer.max_lifetime(Duration::from_secs(100)),
];

/// An issuer with the settings whose bits are set. Both issuers may have the same key, and keys of the same name.
fn issuer(name: &str, settings: u32, key: &SigningKey) -> Issuer {
    let new = Issuer::new(name).keys(key.verifying_key().clone());
    let chosen = SETTINGS.iter().enumerate().filter(|(bit, _)| (settings >> bit) & 1 == 1);
    chosen.fold(new, |issuer, (_, setting)| setting(issuer))
}

fn backend(issuers: impl IntoIterator<Item = Issuer>) -> Option<Backend<Auth, VerifyOnly>> {
    let builder = Auth.backend().verify_only().clock(|| NOW);
    issuers.into_iter().fold(builder, |builder, issuer| builder.trust(issuer)).build().ok()
}

/// What the backend says of a token: its subject and scopes, or why it is refused.
fn answer(auth: &Backend<Auth, VerifyOnly>, token: &str) -> Result<(String, Vec<String>), String> {
    let token = auth.verified(token).map_err(|error| error.to_string())?;
    Ok((token.subject().to_owned(), token.scopes().map(str::to_owned).collect()))
}

/// A random token: each claim is left out or has one of a few values.
fn token() -> impl Strategy<Value = (Map<String, Value>, Option<&'static str>)> {
    let claims = [
        ("sub", vec![json!("s"), json!("")]),
        ("aud", vec![json!("api"), json!(["other"]), json!("elsewhere")]),
        ("exp", vec![json!(NOW + 60), json!(NOW + 6000), json!(NOW as f64 + 50.5), json!(NOW - 30)]),
        ("iat", vec![json!(NOW), json!(NOW + 30), json!(null)]),
        ("jti", vec![json!("j"), json!(1)]),
        ("client_id", vec![json!("c"), json!("d")]),
        ("scope", vec![json!("read"), json!(["read", "write"])]),
        ("scp", vec![json!("read")]),
        ("roles", vec![json!(["admin"])]),
        ("uid", vec![json!("u")]),
        ("uti", vec![json!("t")]),
        ("nonce", vec![json!("n")]),
        ("token_use", vec![json!("access"), json!("id")]),
    ];
    let typ = prop_oneof![Just(None), Just(Some("JWT")), Just(Some("at+jwt")), Just(Some("odd"))];
    let picks = claims.map(|(name, values)| (Just(name), prop::option::weighted(0.7, prop::sample::select(values))));
    let picks: Vec<_> = picks.into_iter().collect();
    (picks, typ).prop_map(|(picks, typ)| {
        let members = picks.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        (members.collect(), typ)
    })
}

fn signed(claims: &Map<String, Value>, typ: Option<&str>, key: &SigningKey, name: &'static str) -> String {
    let mut header = json!({ "alg": "ES256", "kid": key.verifying_key().kid() });
    if let Some(typ) = typ {
        header["typ"] = typ.into();
    }
    let encode = |text: String| URL_SAFE_NO_PAD.encode(text);
    let input = format!("{}.{}", encode(header.to_string()), encode(Value::from(claims.clone()).to_string()));
    let private = pair(Algorithm::ES256, name).private;
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &private).unwrap();
    let signature = pair.sign(&SystemRandom::new(), input.as_bytes()).unwrap();
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]
    // ISS-01, A24
    #[test]
    fn the_policy_of_one_issuer_changes_no_answer_for_another(
        policies in [0_u32..1 << 18, 0_u32..1 << 18],
        same_key in any::<bool>(),
        tokens in prop::collection::vec(token(), 1..6),
    ) {
        let keys = ["one", if same_key { "one" } else { "two" }];
        let key = |at: usize| signing(Algorithm::ES256, keys[at]).with_kid("k");
        let of = |at: usize| issuer(NAMES[at], policies[at], &key(at));
        // A policy that `build()` refuses is refused whatever the other is.
        let (Some(first), Some(both)) = (backend([of(0)]), backend([of(0), of(1)])) else {
            let alone = [backend([of(0)]).is_some(), backend([of(1)]).is_some()];
            prop_assert_eq!(backend([of(0), of(1)]).is_some(), alone[0] && alone[1]);
            return Ok(());
        };
        for (claims, typ) in &tokens {
            let mut claims = claims.clone();
            claims.insert("iss".to_owned(), NAMES[0].into());
            let token = signed(&claims, *typ, &key(0), keys[0]);
            prop_assert_eq!(answer(&first, &token), answer(&both, &token));
            // A token that the other issuer signed in the name of the first one is refused, unless they share the key.
            if !same_key {
                let forged = signed(&claims, *typ, &key(1), keys[1]);
                prop_assert!(answer(&both, &forged).is_err());
            }
        }
    }
}

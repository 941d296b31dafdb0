//! Which tokens are accepted.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{DecodingKey, EncodingKey, Header, Validation};
use jwt_auth::{AuthBackend, Backend, Builder, Keys, rejection::TokenError};
use jwt_auth_tests::call;
use serde_json::{Value, json};

use crate::fixture::{Bearer, ISSUER, NOW, SECRET, app, bearer, ready, request, settings, token};

fn claims() -> Value {
    json!({ "iss": ISSUER, "aud": ISSUER, "sub": "7", "exp": NOW + 60, "iat": NOW, "jti": "1", "name": "alice" })
}

fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[name] = value;
    claims
}

/// A token that another crate signs, with any header.
fn signed(header: &Value, claims: &Value) -> String {
    signed_text(&header.to_string(), &claims.to_string())
}

fn signed_text(header: &str, claims: &str) -> String {
    let input = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    let signature = jsonwebtoken::crypto::sign(input.as_bytes(), &key, jsonwebtoken::Algorithm::HS256).unwrap();
    format!("{input}.{signature}")
}

fn header() -> Value {
    json!({ "alg": "HS256", "typ": "at+jwt" })
}

async fn status<A: AuthBackend>(auth: &Backend<A>, token: &str) -> u16 {
    let (app, hits) = app(auth);
    let status = call(&app, request("GET", "/me", &[("authorization", &bearer(token))])).await.status;
    assert_eq!(hits.count() == 1, status == 200);
    status
}

/// The status of a token with these claims and the usual header.
async fn of(claims: &Value) -> u16 {
    status(&ready(Bearer.backend()), &signed(&header(), claims)).await
}

async fn under(header: Value) -> u16 {
    status(&ready(Bearer.backend()), &signed(&header, &claims())).await
}

async fn set(change: impl FnOnce(Builder<Bearer>) -> Builder<Bearer>, claims: &Value) -> u16 {
    status(&change(settings(Bearer.backend())).build().unwrap(), &signed(&header(), claims)).await
}

// CLM-11, C9: this crate has `jsonwebtoken` with other crypto crates than ours, and names no provider.
#[tokio::test]
async fn an_issued_token_is_read_by_another_crate() {
    let token = token(&ready(Bearer.backend()));
    let mut validation = Validation::new(jsonwebtoken::Algorithm::HS256);
    validation.set_audience(&[ISSUER]);
    validation.set_issuer(&[ISSUER]);
    let read =
        jsonwebtoken::decode::<Value>(&token, &DecodingKey::from_secret(SECRET.as_bytes()), &validation).unwrap();
    assert_eq!(read.header.typ.as_deref(), Some("at+jwt"));
    let claims = read.claims;
    assert_eq!(
        (&claims["sub"], &claims["name"], &claims["iat"], &claims["exp"]),
        (&json!("7"), &json!("alice"), &json!(NOW), &json!(NOW + 3600))
    );
    assert_eq!(claims["jti"].as_str().map(str::len), Some(22), "128 bits");
}

#[tokio::test]
async fn a_token_of_another_crate_is_accepted_for_each_algorithm() {
    let secret = SECRET.repeat(2);
    let cases = [
        (Keys::hs256(&secret), jsonwebtoken::Algorithm::HS256),
        (Keys::hs384(&secret), jsonwebtoken::Algorithm::HS384),
        (Keys::hs512(&secret), jsonwebtoken::Algorithm::HS512),
    ];
    for (keys, algorithm) in cases {
        let auth = Bearer.backend().keys(keys.unwrap()).issuer(ISSUER).clock(|| NOW).build().unwrap();
        let mut header = Header::new(algorithm);
        header.typ = Some("at+jwt".into());
        let key = EncodingKey::from_secret(secret.as_bytes());
        assert_eq!(status(&auth, &jsonwebtoken::encode(&header, &claims(), &key).unwrap()).await, 200);
        assert_eq!(status(&auth, &token(&auth)).await, 200);
        // JWS-07
        header.alg = if algorithm == jsonwebtoken::Algorithm::HS256 {
            jsonwebtoken::Algorithm::HS512
        } else {
            jsonwebtoken::Algorithm::HS256
        };
        assert_eq!(status(&auth, &jsonwebtoken::encode(&header, &claims(), &key).unwrap()).await, 401);
    }
}

// CLM-01
#[tokio::test]
async fn a_token_ends_at_its_exp() {
    assert_eq!(of(&with("exp", json!(NOW + 1))).await, 200);
    assert_eq!(of(&with("exp", json!(NOW))).await, 401);
    assert_eq!(of(&with("exp", json!(NOW as f64 + 60.5))).await, 401);
    assert_eq!(of(&with("exp", json!((NOW + 60).to_string()))).await, 401);
}

// CLM-03
#[tokio::test]
async fn a_token_does_not_begin_in_the_future() {
    assert_eq!(of(&with("nbf", json!(NOW))).await, 200);
    // By default clocks may differ by five seconds.
    for name in ["nbf", "iat"] {
        assert_eq!(of(&with(name, json!(NOW + 5))).await, 200, "{name}");
        assert_eq!(of(&with(name, json!(NOW + 6))).await, 401, "{name}");
        let strict = |builder: Builder<Bearer>| builder.leeway(Duration::ZERO);
        assert_eq!(set(strict, &with(name, json!(NOW))).await, 200, "{name}");
        assert_eq!(set(strict, &with(name, json!(NOW + 1))).await, 401, "{name}");
    }
}

// CLM-03
#[tokio::test]
async fn leeway_moves_each_boundary_by_itself() {
    let leeway = |builder: Builder<Bearer>| builder.leeway(Duration::from_secs(10));
    assert_eq!(set(leeway, &with("exp", json!(NOW - 9))).await, 200);
    assert_eq!(set(leeway, &with("exp", json!(NOW - 10))).await, 401);
    assert_eq!(set(leeway, &with("nbf", json!(NOW + 10))).await, 200);
    assert_eq!(set(leeway, &with("nbf", json!(NOW + 11))).await, 401);
    assert_eq!(set(leeway, &with("iat", json!(NOW + 11))).await, 401);
}

// CLM-04
#[tokio::test]
async fn the_issuer_is_one_string_byte_for_byte() {
    for issuer in [json!("https://ISSUER.test"), json!("https://issuer.test/"), json!([ISSUER]), json!(""), json!(null)]
    {
        assert_eq!(of(&with("iss", issuer.clone())).await, 401, "{issuer}");
    }
}

// CLM-05
#[tokio::test]
async fn aud_must_contain_our_audience() {
    assert_eq!(of(&with("aud", json!(["other", ISSUER]))).await, 200);
    for audience in [
        json!("other"),
        json!(["other"]),
        json!([]),
        json!([ISSUER, 1]),
        json!(null),
        json!("https://issuer.test.evil"),
    ] {
        assert_eq!(of(&with("aud", audience.clone())).await, 401, "{audience}");
    }
}

// CLM-05
#[tokio::test]
async fn other_audiences_can_be_accepted() {
    let ours = |builder: Builder<Bearer>| builder.audience("a").audience("b");
    assert_eq!(set(ours, &with("aud", json!("b"))).await, 200);
    assert_eq!(set(ours, &with("aud", json!(ISSUER))).await, 401);
    assert_eq!(set(Builder::strict_audience, &claims()).await, 200);
    assert_eq!(set(Builder::strict_audience, &with("aud", json!([ISSUER]))).await, 401);
    let mut without = claims();
    without.as_object_mut().unwrap().remove("aud");
    assert_eq!(of(&without).await, 401);
    assert_eq!(set(Builder::any_audience, &without).await, 200);
    assert_eq!(set(Builder::any_audience, &with("aud", json!("other"))).await, 200);
}

#[tokio::test]
async fn null_counts_as_missing_for_a_required_claim() {
    let tenant = |builder: Builder<Bearer>| builder.require_claims(["tenant"]);
    assert_eq!(set(tenant, &claims()).await, 401);
    assert_eq!(set(tenant, &with("tenant", json!(null))).await, 401);
    assert_eq!(set(tenant, &with("tenant", json!("x"))).await, 200);
}

// CLM-07, CLM-08: every store can keep the identifier of any accepted token or session.
#[tokio::test]
async fn jti_and_sid_have_the_limits_of_sub() {
    let auth = ready(Bearer.backend());
    for name in ["sub", "jti", "sid"] {
        for good in ["x".repeat(255), "\u{e9}".repeat(127)] {
            let good = if name == "sub" { json!("8") } else { json!(good) };
            // A session of ours that the store does not know has ended.
            let expected = if name == "sid" { 401 } else { 200 };
            assert_eq!(of(&with(name, good.clone())).await, expected, "{name}");
            assert!(auth.verified(&signed(&header(), &with(name, good))).is_ok(), "{name}");
        }
        for bad in ["", "a\0b", "a\nb", "\u{7f}", "\u{85}", &"x".repeat(256), &"\u{e9}".repeat(128), &"x".repeat(4_000)]
        {
            let token = signed(&header(), &with(name, json!(bad)));
            assert_eq!(auth.verified(&token).unwrap_err(), TokenError::Claim(name.into()), "{bad:?}");
            assert_eq!(status(&auth, &token).await, 401, "{name} {bad:?}");
        }
    }
}

// CLM-01, CLM-03, CLM-08
#[tokio::test]
async fn no_registered_claim_may_be_absent() {
    for name in ["exp", "iat", "iss", "sub", "jti"] {
        let mut claims = claims();
        claims.as_object_mut().unwrap().remove(name);
        assert_eq!(of(&claims).await, 401, "{name}");
    }
}

// CLM-10
#[tokio::test]
async fn only_access_tokens_are_accepted() {
    assert_eq!(under(json!({ "alg": "HS256", "typ": "application/AT+JWT" })).await, 200);
    for typ in [json!("JWT"), json!("rt+jwt"), json!(""), json!(null), json!(1)] {
        assert_eq!(under(json!({ "alg": "HS256", "typ": typ })).await, 401, "{typ}");
    }
    assert_eq!(under(json!({ "alg": "HS256" })).await, 401);
    let auth = settings(Bearer.backend()).accept_type("JWT").build().unwrap();
    assert_eq!(status(&auth, &signed(&json!({ "alg": "HS256", "typ": "jwt" }), &claims())).await, 200);
}

// JWS-05, JWS-06, JWS-07
#[tokio::test]
async fn the_algorithm_has_to_be_that_of_the_key() {
    for alg in [
        json!("none"),
        json!("None"),
        json!(""),
        json!("hs256"),
        json!("HS384"),
        json!("RS256"),
        json!(null),
        json!(["HS256"]),
    ] {
        assert_eq!(under(json!({ "alg": alg, "typ": "at+jwt" })).await, 401, "{alg}");
    }
    assert_eq!(under(json!({ "typ": "at+jwt" })).await, 401);
    let unsigned = format!(
        "{}.{}.",
        URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"at+jwt"}"#),
        URL_SAFE_NO_PAD.encode(claims().to_string())
    );
    assert_eq!(status(&ready(Bearer.backend()), &unsigned).await, 401);
}

// JWS-08
#[tokio::test]
async fn parameters_that_change_the_meaning_are_refused() {
    for (name, value) in [
        ("crit", json!(["exp"])),
        ("crit", json!([])),
        ("b64", json!(false)),
        ("b64", json!(true)),
        ("zip", json!("DEF")),
        ("cty", json!("JWT")),
    ] {
        assert_eq!(under(json!({ "alg": "HS256", "typ": "at+jwt", name: value })).await, 401, "{name}");
    }
}

// JWS-09, JWS-10
#[tokio::test]
async fn keys_in_the_header_and_unknown_parameters_are_not_read() {
    let header = json!({ "alg": "HS256", "typ": "at+jwt", "jku": "https://evil.test", "jwk": { "kty": "oct", "k": "AA" }, "x5u": "https://evil.test", "new": 1 });
    assert_eq!(under(header).await, 200);
}

// JWS-11
#[tokio::test]
async fn a_kid_names_the_key_or_is_absent() {
    let keys = Keys::hs256(SECRET).unwrap().with_kid("k1");
    let auth = settings(Bearer.backend()).keys(keys).build().unwrap();
    let header = |kid: Value| json!({ "alg": "HS256", "typ": "at+jwt", "kid": kid });
    assert_eq!(status(&auth, &signed(&header(json!("k1")), &claims())).await, 200);
    assert_eq!(status(&auth, &token(&auth)).await, 200);
    for kid in [json!("k2"), json!(""), json!(1), json!(null), json!("k".repeat(300)), json!("../k1")] {
        assert_eq!(status(&auth, &signed(&header(kid.clone()), &claims())).await, 401, "{kid}");
    }
    assert_eq!(under(header(json!("k1"))).await, 401, "these keys have no name");
    // ONE-07
    let named =
        |length| settings(Bearer.backend()).keys(Keys::hs256(SECRET).unwrap().with_kid("k".repeat(length))).build();
    let auth = named(256).unwrap();
    assert_eq!(status(&auth, &token(&auth)).await, 200);
    assert!(named(257).unwrap_err().to_string().starts_with("`keys`: the key's name is longer than 256 bytes"));
}

// JWS-04, JWS-13
#[tokio::test]
async fn repeated_names_are_refused_in_header_and_payload() {
    let auth = ready(Bearer.backend());
    let repeated = r#"{"alg":"HS256","typ":"at+jwt","alg":"HS256"}"#;
    assert_eq!(status(&auth, &signed_text(repeated, &claims().to_string())).await, 401);
    let payload = claims().to_string();
    for twice in [r#","sub":"7"}"#, r#","x":{"a":1,"a":1}}"#, r#","\u0073ub":"7"}"#] {
        let payload = format!("{}{twice}", &payload[..payload.len() - 1]);
        assert_eq!(status(&auth, &signed_text(&header().to_string(), &payload)).await, 401, "{twice}");
    }
    assert_eq!(status(&auth, &signed_text(&header().to_string(), &format!("{payload} x"))).await, 401);
    assert_eq!(status(&auth, &signed_text(&header().to_string(), "[]")).await, 401);
}

// JWS-01, JWS-02, JWS-12
#[tokio::test]
async fn a_token_that_is_altered_anywhere_is_refused() {
    let auth = ready(Bearer.backend());
    let good = token(&auth);
    assert_eq!(status(&auth, &good).await, 200);
    for bad in [
        format!("{good}."),
        format!("{good}="),
        format!("{good}.x.y"),
        good.replace('.', ".."),
        good.to_lowercase(),
        good[1..].to_owned(),
    ] {
        assert_ne!(status(&auth, &bad).await, 200, "{bad}");
    }
    for index in (0..good.len()).step_by(7) {
        let mut bytes = good.clone().into_bytes();
        bytes[index] = if bytes[index] == b'A' { b'B' } else { b'A' };
        assert_eq!(status(&auth, std::str::from_utf8(&bytes).unwrap()).await, 401, "byte {index}");
    }
    let last = good.len() - 1;
    for twin in ('A'..='z').filter(|twin| twin.is_ascii_alphanumeric() && !good.ends_with(*twin)) {
        assert_eq!(status(&auth, &format!("{}{twin}", &good[..last])).await, 401, "{twin} has other trailing bits");
    }
}

#[tokio::test]
async fn a_token_signed_with_another_secret_is_refused() {
    let other = Bearer.backend().keys(Keys::hs256_ephemeral().unwrap()).issuer(ISSUER).clock(|| NOW).build().unwrap();
    assert_eq!(status(&ready(Bearer.backend()), &token(&other)).await, 401);
}

// CLM-12
#[tokio::test]
async fn with_an_impossible_clock_no_token_is_accepted_or_issued() {
    for now in [-1, i64::MAX] {
        let auth = settings(Bearer.backend()).clock(move || now).build().unwrap();
        assert_eq!(status(&auth, &signed(&header(), &claims())).await, 401);
        assert!(auth.create_token(&crate::fixture::alice()).is_err());
    }
}

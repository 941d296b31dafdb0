//! Tests of the claims that are read, compared with those that a second, slower parser reads.

use crate::jose::claims::Texts;
use jwt_auth_grammar::claim::TextClaim;
use serde_json::json;

use std::borrow::Cow;

use crate::jose::error::TokenError;
use crate::jose::payload::{second, *};

fn base() -> Value {
    json!({ "iss": "i", "sub": "s", "aud": "a", "exp": 10, "iat": 5, "jti": "j" })
}

/// Reads a payload into the owned form from which tokens are issued.
fn parse(bytes: &[u8]) -> Result<Claims, TokenError> {
    Payload::parse(bytes.to_vec(), Profile::Rfc9068).map(|payload| owned(&payload))
}

fn owned(payload: &Payload) -> Claims {
    Claims {
        iss: payload.iss().to_owned(),
        sub: payload.sub().to_owned(),
        aud: payload.aud().map(str::to_owned).collect(),
        aud_is_single: payload.aud_is_single(),
        exp: payload.exp,
        iat: payload.iat.unwrap(),
        nbf: payload.nbf,
        jti: payload.jti().unwrap().to_owned(),
        texts: TextClaim::ALL.into_iter().fold(Texts::default(), |mut texts, claim| {
            texts.set(claim, payload.text(claim).map(str::to_owned));
            texts
        }),
        extras: payload.extras().clone(),
    }
}

fn with(name: &str, value: Value) -> Result<Claims, TokenError> {
    let mut claims = base();
    claims[name] = value;
    parse(&serde_json::to_vec(&claims).unwrap())
}

fn refused(name: &'static str) -> Result<Claims, TokenError> {
    Err(TokenError::Claim(Cow::Borrowed(name)))
}

// CLM-01, CLM-02, CLM-03, CLM-04, CLM-05, CLM-07, CLM-08, CLM-09
#[test]
fn a_wrong_type_is_refused_even_where_the_claim_is_optional() {
    let wrong = [
        ("exp", vec![json!("10"), json!(10.5), json!(1e1), json!(-1), json!(0), json!(null), json!([10])]),
        ("iat", vec![json!("5"), json!(null), json!(true)]),
        ("nbf", vec![json!("5"), json!(null), json!({}), json!(1.5)]),
        ("iss", vec![json!(["i"]), json!(null), json!(1)]),
        ("sub", vec![json!(""), json!(1), json!(null), json!("a\nb"), json!("x".repeat(256))]),
        ("aud", vec![json!([]), json!([1]), json!(["a", 1]), json!(null), json!({}), json!(1)]),
        ("jti", vec![json!(""), json!(1), json!(null), json!("a\0b"), json!("x".repeat(256))]),
        ("scope", vec![json!(["read"]), json!(""), json!(" read"), json!("read  write"), json!("a\"b"), json!(null)]),
        ("client_id", vec![json!(1), json!(null)]),
        ("sid", vec![json!(""), json!(1), json!(null), json!("a\u{85}b"), json!("x".repeat(256))]),
    ];
    for (name, values) in wrong {
        for value in values {
            assert_eq!(with(name, value.clone()), refused(name), "{name}: {value}");
        }
    }
}

// CLM-01, CLM-03, CLM-08
#[test]
fn the_required_claims_are_required() {
    for name in ["exp", "iat", "iss", "sub", "jti"] {
        let mut claims = base();
        claims.as_object_mut().unwrap().remove(name);
        assert_eq!(parse(&serde_json::to_vec(&claims).unwrap()), refused(name));
    }
}

#[test]
fn what_is_written_is_read_again() {
    let mut claims = with("tenant", json!({ "id": 7 })).unwrap();
    assert_eq!(parse(&claims.to_json().unwrap()), Ok(claims.clone()));
    claims.aud = vec!["a".into(), "b".into()];
    claims.aud_is_single = false;
    claims.nbf = Some(6);
    claims.texts.set(TextClaim::Scope, Some("read write".into()));
    claims.texts.set(TextClaim::ClientId, Some("web".into()));
    claims.texts.set(TextClaim::Session, Some("s1".into()));
    assert_eq!(parse(&claims.to_json().unwrap()), Ok(claims));
}

// CLM-05
#[test]
fn a_list_of_one_audience_stays_a_list() {
    let claims = Claims { aud: vec!["a".into()], aud_is_single: false, ..with("x", json!(1)).unwrap() };
    let written: Value = serde_json::from_slice(&claims.to_json().unwrap()).unwrap();
    assert_eq!(written["aud"], json!(["a"]));
}

#[test]
fn null_counts_as_missing() {
    let mut claims = base();
    claims["tenant"] = Value::Null;
    let claims = Payload::parse(serde_json::to_vec(&claims).unwrap(), Profile::Rfc9068).unwrap();
    assert!(!claims.has("tenant") && !claims.has("nbf") && claims.has("aud"));
}

/// JSON that is often almost a valid payload, with repeated names, escapes, wrong types or deep nesting.
fn nearly() -> impl proptest::strategy::Strategy<Value = String> {
    use proptest::prelude::*;
    let name = prop_oneof![
        Just("iss"),
        Just("sub"),
        Just("aud"),
        Just("exp"),
        Just("iat"),
        Just("jti"),
        Just("nbf"),
        Just("scope"),
        Just("client_id"),
        Just("sid"),
        Just("x"),
        Just("\\u0078"),
        Just("s\\u0075b"),
        Just("tenant"),
        Just("\\ud800"),
    ];
    let scalar = prop_oneof![
        Just("10".to_owned()),
        Just("0".into()),
        Just("-1".into()),
        Just("1.5".into()),
        Just("1e999".into()),
        Just("-0".into()),
        Just("18446744073709551616".into()),
        Just("null".into()),
        Just("true".into()),
        Just("\"\"".into()),
        Just("\"a b\"".into()),
        Just("\"a\\u0062\"".into()),
        Just("\"\\ud800\"".into()),
        Just("\"\\n\"".into()),
        Just("\"a\u{1}\"".into()),
        Just("01".into()),
        Just("nul".into()),
        "\"[a-z]{1,3}\"",
    ];
    let value = scalar.prop_recursive(3, 12, 3, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(|items| format!("[{}]", items.join(","))),
            proptest::collection::vec(("[ab]|\\\\u0061", inner), 0..3).prop_map(|members| {
                let members: Vec<_> = members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    });
    let deep = (28_usize..34).prop_map(|depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth)));
    let member = (name, prop_oneof![8 => value, 1 => deep]).prop_map(|(name, value)| format!("\"{name}\": {value}"));
    let ending = prop_oneof![9 => Just(""), 1 => Just(" "), 1 => Just("x"), 1 => Just(","), 1 => Just("{}")];
    (proptest::collection::vec(member, 0..6), proptest::bool::weighted(0.8), ending).prop_map(
        |(more, whole, ending)| {
            let base = r#""iss":"i","sub":"s","exp":10,"iat":5,"jti":"j""#.to_owned();
            let members: Vec<String> = whole.then_some(base).into_iter().chain(more).collect();
            format!("{{{}}}{ending}", members.join(","))
        },
    )
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(3_000))]

    // JWS-13, CLM-01
    #[test]
    fn both_readings_say_the_same(text in nearly()) {
        proptest::prop_assert_eq!(parse(text.as_bytes()), second::parse(text.as_bytes()));
    }

    // REL-01
    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..64)) {
        proptest::prop_assert_eq!(parse(&bytes), second::parse(&bytes));
    }
}

// JWS-13
#[test]
fn many_names_are_each_read_once() {
    let members = |last: usize| {
        let names: Vec<String> = (0..40).chain([last]).map(|n| format!("\"n{n}\":{n}")).collect();
        format!(r#"{{"iss":"i","sub":"s","exp":10,"iat":5,"jti":"j",{}}}"#, names.join(","))
    };
    assert_eq!(parse(members(40).as_bytes()).unwrap().extras.len(), 41);
    for repeated in [0, 15, 16, 17, 39] {
        assert_eq!(parse(members(repeated).as_bytes()), Err(TokenError::Payload), "{repeated}");
    }
}

#[test]
fn a_claim_is_read_from_where_it_stands() {
    let text =
        br#"{"iss":"\u0069","sub":"s\u00e9","exp":10,"iat":5,"jti":"j","plan":{"name":"a\"b"},"n\u0061me":[1, 2]}"#;
    let payload = Payload::parse(text.to_vec(), Profile::Rfc9068).unwrap();
    assert_eq!((payload.iss(), payload.sub(), payload.jti()), ("i", "s\u{e9}", Some("j")));
    assert_eq!(payload.claim::<Value>("plan"), Some(json!({ "name": "a\"b" })));
    assert_eq!((payload.claim::<[u8; 2]>("name"), payload.claim::<u8>("name")), (Some([1, 2]), None));
    assert_eq!((payload.claim::<Option<u8>>("none"), payload.claim::<u8>("none")), (Some(None), None));
    assert_eq!(owned(&Payload::of(&owned(&payload))), owned(&payload));
}

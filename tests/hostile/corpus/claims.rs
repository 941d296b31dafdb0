//! Signed payloads that are not valid claims.

use serde_json::json;

use super::{Case, Group};
use crate::forge::Forge;
use crate::{ISSUER, NOW};

pub(super) fn payload(forge: &Forge, all: &mut Vec<Case>) {
    let header = forge.header().to_string();
    let mut group = Group { all, group: "payload", reasons: &["the payload is not", "the claim"] };
    let claims = forge.claims().to_string();
    let open = claims.trim_end_matches('}');
    for (name, payload) in [
        ("not JSON", "claims".to_owned()),
        ("a list", format!("[{claims}]")),
        ("a string", format!("{claims:?}")),
        ("null", "null".into()),
        ("true", "true".into()),
        ("an empty object", "{}".into()),
        ("cut short", open.to_owned()),
        ("something behind", format!("{claims} x")),
        ("two objects", format!("{claims}{claims}")),
        ("a NUL behind", format!("{claims}\0")),
        ("a byte order mark", format!("\u{feff}{claims}")),
        ("a trailing comma", format!("{open},}}")),
        ("NaN", format!("{open},\"x\":NaN}}")),
        ("Infinity", format!("{open},\"x\":-Infinity}}")),
        ("a huge number", format!("{open},\"x\":1e999}}")),
        ("sub twice", format!("{open},\"sub\":\"8\"}}")),
        ("sub twice, escaped", format!("{open},\"\\u0073ub\":\"8\"}}")),
        ("exp twice", format!("{open},\"exp\":{}}}", NOW + 9)),
        ("aud twice", format!("{open},\"aud\":\"{ISSUER}\"}}")),
        ("an unknown name twice", format!("{open},\"x\":1,\"x\":1}}")),
        ("a nested name twice", format!("{open},\"x\":{{\"a\":1,\"a\":1}}}}")),
        ("a name twice in a list", format!("{open},\"x\":[{{\"a\":1,\"a\":1}}]}}")),
        ("deep lists", format!("{open},\"x\":{}{}}}", "[".repeat(40), "]".repeat(40))),
        ("deep objects", format!("{open},\"x\":{}1{}}}", "{\"a\":".repeat(40), "}".repeat(40))),
        ("a lone surrogate", format!("{open},\"x\":\"\\udc00\"}}")),
        ("a raw line break", format!("{open},\"x\":\"\n\"}}")),
        // JWS-18
        ("a nested token", forge.token(&header, &claims)),
    ] {
        group.add(name, forge.token(&header, payload));
    }
    group.add("not UTF-8", forge.token(&header, b"{\"sub\":\"\xff\xfe\"}"));
    group.add("overlong UTF-8", forge.token(&header, [open.as_bytes(), b",\"x\":\"\xc0\xaf\"}"].concat()));
    group.add("UTF-16", forge.token(&header, claims.bytes().flat_map(|byte| [0, byte]).collect::<Vec<_>>()));
}

pub(super) fn claims(forge: &Forge, all: &mut Vec<Case>) {
    let reasons =
        &["the claim", "expired", "not valid yet", "longer than `max_lifetime`", "another issuer", "another audience"];
    let mut group = Group { all, group: "claims", reasons };
    for name in ["iss", "sub", "aud", "exp", "iat", "jti"] {
        group.add(format!("no {name}"), forge.without_claim(name));
        for value in [json!(null), json!(true), json!({}), json!([]), json!([[]]), json!(-1.5)] {
            group.add(format!("{name} {value}"), forge.with_claim(name, value));
        }
    }
    for (name, value) in [
        ("exp", json!(NOW)),
        ("exp", json!(NOW - 1)),
        ("exp", json!(0)),
        ("exp", json!(-1)),
        ("exp", json!((NOW + 60).to_string())),
        ("exp", json!((NOW + 60) as f64 + 0.5)),
        ("exp", json!(NOW + 86_401)),
        ("exp", json!(253_402_300_799_u64)),
        ("exp", json!(u64::MAX)),
        ("exp", json!(1e19)),
        ("nbf", json!(NOW + 6)),
        ("nbf", json!(NOW.to_string())),
        ("nbf", json!(null)),
        ("nbf", json!(u64::MAX)),
        ("iat", json!(NOW + 6)),
        ("iat", json!(u64::MAX)),
        ("iat", json!(NOW.to_string())),
        ("iss", json!("")),
        ("iss", json!(format!("{ISSUER}/"))),
        ("iss", json!(ISSUER.to_uppercase())),
        ("iss", json!(format!("{ISSUER}.evil.test"))),
        ("iss", json!(format!(" {ISSUER}"))),
        ("iss", json!([ISSUER])),
        ("iss", json!("https://issuer.test\0")),
        ("aud", json!("")),
        ("aud", json!("https://other.test")),
        ("aud", json!(["https://other.test"])),
        ("aud", json!([ISSUER, 1])),
        ("aud", json!([ISSUER, null])),
        ("aud", json!({ "0": ISSUER })),
        ("aud", json!(format!("{ISSUER},https://other.test"))),
        ("aud", json!(format!("{ISSUER} "))),
        ("aud", json!(1)),
        ("sub", json!("")),
        ("sub", json!(7)),
        ("sub", json!("a\nb")),
        ("sub", json!("a\0")),
        ("sub", json!("\u{85}")),
        ("sub", json!("x".repeat(256))),
        ("sub", json!(["7"])),
        ("jti", json!("")),
        ("jti", json!(1)),
        ("scope", json!(["read"])),
        ("scope", json!("read  write")),
        ("scope", json!(" read")),
        ("scope", json!("read\twrite")),
        ("scope", json!("")),
        ("scope", json!(null)),
        ("scope", json!(1)),
        ("client_id", json!(1)),
        ("client_id", json!(null)),
        ("client_id", json!(["c"])),
    ] {
        group.add(format!("{name} {value}").chars().take(60).collect::<String>(), forge.with_claim(name, value));
    }
    let exponent = forge.claims().to_string().replace(&(NOW + 60).to_string(), "1.80000006e9");
    group.add("exp with an exponent", forge.token(forge.header().to_string(), exponent));
}

//! The tokens, grouped by what is wrong with them.

mod claims;
mod keys;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE};
use serde_json::json;

use crate::forge::{Forge, encode};
use crate::{ISSUER, NOW};

pub(crate) struct Case {
    pub(crate) group: &'static str,
    pub(crate) name: String,
    pub(crate) token: String,
    /// What the log says, by a part of its text. Any of them.
    pub(crate) reasons: &'static [&'static str],
}

/// Adds cases of one group.
struct Group<'c> {
    all: &'c mut Vec<Case>,
    group: &'static str,
    reasons: &'static [&'static str],
}

impl Group<'_> {
    fn add(&mut self, name: impl Into<String>, token: String) {
        self.all.push(Case { group: self.group, name: name.into(), token, reasons: self.reasons });
    }
}

/// Tokens that are good, so that a refusal of everything is seen.
pub(crate) fn controls(forge: &Forge) -> Vec<Case> {
    let mut all = Vec::new();
    let mut group = Group { all: &mut all, group: "control", reasons: &[] };
    group.add("plain", forge.token(forge.header().to_string(), forge.claims().to_string()));
    group.add("application/at+jwt", forge.with_header("typ", json!("application/AT+JWT")));
    group.add("unknown header", forge.with_header("x", json!({ "y": [1] })));
    for name in ["jwk", "jku", "x5u", "x5c", "x5t"] {
        group.add(name, forge.with_header(name, json!("https://evil.test/keys")));
    }
    group.add("several audiences", forge.with_claim("aud", json!(["https://b.test", ISSUER])));
    group.add("nbf now", forge.with_claim("nbf", json!(NOW)));
    group.add("scope", forge.with_claim("scope", json!("read write")));
    group.add("unknown claim", forge.with_claim("x", json!([[{ "y": null }]])));
    group.add("white space", forge.token(forge.header().to_string(), format!(" {}\n", forge.claims())));
    group.add(
        "escaped names",
        forge.token(forge.header().to_string().replace("\"alg\"", "\"\\u0061lg\""), forge.claims().to_string()),
    );
    all
}

pub(crate) fn hostile(forge: &Forge) -> Vec<Case> {
    let mut all = Vec::new();
    format(forge, &mut all);
    base64(forge, &mut all);
    header(forge, &mut all);
    keys::algorithm(forge, &mut all);
    keys::key(forge, &mut all);
    keys::signature(forge, &mut all);
    claims::payload(forge, &mut all);
    claims::claims(forge, &mut all);
    all
}

fn format(forge: &Forge, all: &mut Vec<Case>) {
    let good = forge.token(forge.header().to_string(), forge.claims().to_string());
    let [header, claims, signature] = &good.split('.').collect::<Vec<_>>()[..] else { panic!() };
    let reasons = &["three base64url segments", "not `Bearer", "longer than", "canonical"];
    let mut group = Group { all, group: "format", reasons };
    for (name, token) in [
        ("one segment", (*header).to_owned()),
        ("two segments", format!("{header}.{claims}")),
        ("four segments", format!("{good}.{signature}")),
        ("five segments", format!("{good}.{claims}.{signature}")),
        ("a dot before", format!(".{good}")),
        ("a dot behind", format!("{good}.")),
        ("no header", format!(".{claims}.{signature}")),
        ("no claims", format!("{header}..{signature}")),
        ("no signature", format!("{header}.{claims}.")),
        ("only dots", "..".into()),
        ("many dots", ".".repeat(8_000)),
        ("longer than the cap", format!("{header}.{}.{signature}", "A".repeat(9_000))),
        ("much longer", "A".repeat(50_000)),
        ("JSON serialization", json!({ "payload": claims, "protected": header, "signature": signature }).to_string()),
        (
            "general JSON serialization",
            json!({ "payload": claims, "signatures": [{ "protected": header, "signature": signature }] }).to_string(),
        ),
        ("quoted", format!("\"{good}\"")),
        ("twice", format!("{good} {good}")),
        ("twice with a comma", format!("{good},{good}")),
        ("scheme twice", format!("Bearer {good}")),
        ("percent", format!("{header}%2E{claims}%2E{signature}")),
        ("empty JSON", "{}".into()),
    ] {
        group.add(name, token);
    }
    for byte in [
        " ", "\t", "=", "+", "/", "%", "\"", "'", "{", "}", ",", ";", ":", "?", "#", "~", "*", "\\", "ü", "\u{feff}",
        "\u{200b}", "|",
    ] {
        group
            .add(format!("{byte:?} in the header"), good.replacen(&header[..4], &format!("{}{byte}", &header[..4]), 1));
        group.add(
            format!("{byte:?} in the claims"),
            format!("{header}.{}{byte}{}.{signature}", &claims[..4], &claims[4..]),
        );
        group.add(format!("{byte:?} behind"), format!("{good}{byte}x"));
    }
}

fn base64(forge: &Forge, all: &mut Vec<Case>) {
    let good = forge.token(forge.header().to_string(), forge.claims().to_string());
    let [header, claims, signature] = &good.split('.').collect::<Vec<_>>()[..] else { panic!() };
    let mut group = Group { all, group: "base64url", reasons: &["canonical", "three base64url", "not `Bearer"] };
    let bytes = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).unwrap();
    group.add(
        "padded claims",
        forge.segments(header, &URL_SAFE.encode(format!("{} ", forge.claims()))).replace("==", "=") + "=",
    );
    group.add("padding everywhere", format!("{header}=.{claims}=.{signature}="));
    group.add("standard alphabet", format!("{header}.{}.{signature}", STANDARD_NO_PAD.encode([0xfb, 0xff, 0xfe])));
    group.add("standard padded", format!("{header}.{}.{signature}", STANDARD.encode(bytes(claims)) + "=="));
    // The last character of a segment carries bits that no byte uses; another one decodes to the same bytes if it is let.
    let twin = |text: &str| {
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let last = alphabet.find(text.chars().last().unwrap()).unwrap();
        format!("{}{}", &text[..text.len() - 1], &alphabet[last ^ 1..=last ^ 1])
    };
    let padded_header = (0..3)
        .map(|n| encode(format!("{}{}", forge.header(), " ".repeat(n))))
        .find(|text| text.len() % 4 != 0)
        .unwrap();
    let padded_claims = (0..3)
        .map(|n| encode(format!("{}{}", forge.claims(), " ".repeat(n))))
        .find(|text| text.len() % 4 != 0)
        .unwrap();
    group.add("trailing bits of the header", forge.segments(&twin(&padded_header), claims));
    group.add("trailing bits of the claims", forge.segments(header, &twin(&padded_claims)));
    if signature.len() % 4 != 0 {
        group.add("trailing bits of the signature", format!("{header}.{claims}.{}", twin(signature)));
    }
    for (name, claims) in [("length 1", "A"), ("length 5", "AAAAA"), ("length 9", "AAAAAAAAA")] {
        group.add(name, forge.segments(header, claims));
        group.add(format!("header of {name}"), forge.segments(claims, claims));
    }
}

fn header(forge: &Forge, all: &mut Vec<Case>) {
    let claims = forge.claims().to_string();
    let alg = forge.algorithm.name();
    let reasons =
        &["the header is not", "three base64url", "`alg` is not", "header parameter", "no key has", "another type"];
    let mut group = Group { all, group: "header", reasons };
    let (kid, deep) = (&forge.kid, "[".repeat(20) + &"]".repeat(20));
    for (name, header) in [
        ("empty", String::new()),
        ("not JSON", "header".into()),
        ("a list", format!("[{}]", forge.header())),
        ("a string", "\"HS256\"".into()),
        ("null", "null".into()),
        ("a number", "1".into()),
        ("an empty object", "{}".into()),
        ("cut short", forge.header().to_string().trim_end_matches('}').to_owned()),
        ("something behind", format!("{} x", forge.header())),
        ("two objects", format!("{0}{0}", forge.header())),
        ("a byte order mark", format!("\u{feff}{}", forge.header())),
        ("a comment", format!("{}/**/", forge.header())),
        ("single quotes", forge.header().to_string().replace('"', "'")),
        ("a trailing comma", forge.header().to_string().replace('}', ",}")),
        ("alg twice", format!(r#"{{"alg":"none","alg":"{alg}","typ":"at+jwt","kid":"{kid}"}}"#)),
        ("alg twice, escaped", format!(r#"{{"alg":"{alg}","\u0061lg":"{alg}","typ":"at+jwt","kid":"{kid}"}}"#)),
        ("kid twice", format!(r#"{{"alg":"{alg}","kid":"x","kid":"{kid}","typ":"at+jwt"}}"#)),
        ("typ twice", format!(r#"{{"alg":"{alg}","kid":"{kid}","typ":"at+jwt","typ":"JWT"}}"#)),
        ("a nested name twice", format!(r#"{{"alg":"{alg}","kid":"{kid}","typ":"at+jwt","x":{{"a":1,"a":2}}}}"#)),
        ("deep", format!(r#"{{"alg":"{alg}","kid":"{kid}","typ":"at+jwt","x":{deep}}}"#)),
        ("very deep", format!(r#"{{"alg":"{alg}","kid":"{kid}","x":{}"#, "[".repeat(3_000))),
        ("a lone surrogate", format!(r#"{{"alg":"{alg}","kid":"{kid}","typ":"at+jwt","x":"\ud800"}}"#)),
        ("a control character", format!("{{\"alg\":\"{alg}\",\"kid\":\"{kid}\",\"typ\":\"at+jwt\",\"x\":\"\u{1}\"}}")),
    ] {
        group.add(name, forge.token(header, &claims));
    }
    group.add("not UTF-8", forge.token(b"{\"alg\":\"\xff\"}", &claims));
    group.add(
        "UTF-16",
        forge.token(forge.header().to_string().bytes().flat_map(|byte| [byte, 0]).collect::<Vec<_>>(), &claims),
    );
    for (name, value) in [
        ("crit", json!([])),
        ("crit", json!(["exp"])),
        ("crit", json!(["b64"])),
        ("crit", json!("exp")),
        ("crit", json!(null)),
        ("crit", json!([1])),
        ("b64", json!(false)),
        ("b64", json!(true)),
        ("zip", json!("DEF")),
        ("cty", json!("JWT")),
        ("cty", json!("at+jwt")),
        ("typ", json!("JWT")),
        ("typ", json!("rt+jwt")),
        ("typ", json!("id+jwt")),
        ("typ", json!("dpop+jwt")),
        ("typ", json!("application/jwt")),
        ("typ", json!("at+jwt ")),
        ("typ", json!("")),
        ("typ", json!(null)),
        ("typ", json!(["at+jwt"])),
        ("kid", json!("")),
        ("kid", json!("other")),
        ("kid", json!(null)),
        ("kid", json!(1)),
        ("kid", json!([forge.kid])),
        ("kid", json!({ "kid": forge.kid })),
        ("kid", json!(forge.kid.to_uppercase() + "x")),
        ("kid", json!(format!("{} ", forge.kid))),
        ("kid", json!(format!("{}\0", forge.kid))),
        ("kid", json!("../../../../dev/null")),
        ("kid", json!("' UNION SELECT 'key")),
        ("kid", json!("http://127.0.0.1/key")),
        ("kid", json!("k".repeat(257))),
        ("kid", json!("k".repeat(4_000))),
    ] {
        group.add(format!("{name} {value}").chars().take(60).collect::<String>(), forge.with_header(name, value));
    }
    let mut untyped = forge.header();
    untyped.as_object_mut().unwrap().remove("typ");
    group.add("no typ", forge.token(untyped.to_string(), &claims));
}

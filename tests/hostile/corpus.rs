//! The tokens, grouped as in `docs/security.md`.

use aws_lc_rs::hmac as mac;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE};
use jwt_auth_tests::keys::{pair, pem};
use serde_json::{Value, json};

use crate::forge::{Forge, encode, hmac, sign};
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
    algorithm(forge, &mut all);
    key(forge, &mut all);
    signature(forge, &mut all);
    payload(forge, &mut all);
    claims(forge, &mut all);
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

fn algorithm(forge: &Forge, all: &mut Vec<Case>) {
    let reasons = &["`alg` is not", "the signature does not verify", "three base64url"];
    let mut group = Group { all, group: "algorithm", reasons };
    let own = forge.algorithm.name();
    for name in [
        "none", "None", "NONE", "nOnE", "none ", "", " ", "null", "HS256", "HS384", "HS512", "RS256", "RS384", "RS512",
        "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "ES256K", "Ed25519", "Ed448", "EdDSA", "hs256", "rs256",
        "es256", "HMAC", "SHA256", "A128KW", "dir", "RSA-OAEP", "HS256\0", "HS1", "MD5",
    ] {
        if name == own {
            continue;
        }
        group.add(format!("alg {name:?}"), forge.with_header("alg", json!(name)));
    }
    for value in [json!(null), json!(1), json!([own]), json!({ "name": own }), json!(true)] {
        group.add(format!("alg {value}"), forge.with_header("alg", value));
    }
    let mut without = forge.header();
    without.as_object_mut().unwrap().remove("alg");
    group.add("no alg", forge.token(without.to_string(), forge.claims().to_string()));
    let input = |alg: &str| {
        let mut header = forge.header();
        header["alg"] = alg.into();
        format!("{}.{}", encode(header.to_string()), encode(forge.claims().to_string()))
    };
    group.add("none without a signature", format!("{}.", input("none")));
    group.add("none with a signature", format!("{}.{}", input("none"), encode("x")));
    // The public key as a secret (RFC 8725 section 2.1), in every form that it is found in.
    let public = pair(forge.algorithm, "hostile").public;
    if !own.starts_with('H') {
        let text = pem("PUBLIC KEY", &public);
        let secrets = [
            text.clone().into_bytes(),
            text.trim_end().as_bytes().to_vec(),
            public.clone(),
            text.replace('\n', "").into_bytes(),
        ];
        for (n, secret) in secrets.iter().enumerate() {
            for (alg, algorithm) in
                [("HS256", mac::HMAC_SHA256), ("HS384", mac::HMAC_SHA384), ("HS512", mac::HMAC_SHA512)]
            {
                let input = input(alg);
                group.add(
                    format!("public key as a secret {n} {alg}"),
                    format!("{input}.{}", encode(hmac(algorithm, secret, input.as_bytes()))),
                );
            }
        }
    } else {
        for (name, secret) in [
            ("empty secret", &b""[..]),
            ("secret", b"secret"),
            ("zeros", &[0; 32]),
            ("its own name", forge.kid.as_bytes()),
        ] {
            let input = input(own);
            group.add(name, format!("{input}.{}", encode(hmac(mac::HMAC_SHA256, secret, input.as_bytes()))));
        }
    }
}

fn key(forge: &Forge, all: &mut Vec<Case>) {
    let mut group = Group { all, group: "key", reasons: &["the signature does not verify"] };
    // A key of the attacker's, under the name of ours, and with the key itself in every parameter that could carry one.
    let signed_by_other = |header: Value| {
        let input = format!("{}.{}", encode(header.to_string()), encode(forge.claims().to_string()));
        format!("{input}.{}", encode(sign(forge.algorithm, "attacker", input.as_bytes())))
    };
    group.add("another key", signed_by_other(forge.header()));
    let theirs = STANDARD.encode(pair(forge.algorithm, "attacker").public);
    for (name, value) in [
        ("jwk", json!({ "kty": "oct", "k": encode("attacker") })),
        ("jwk", json!({ "kty": "EC", "crv": "P-256", "x": "AA", "y": "AA" })),
        ("jku", json!("http://127.0.0.1:1/keys")),
        ("jku", json!("file:///etc/passwd")),
        ("x5u", json!("http://127.0.0.1:1/cert")),
        ("x5c", json!([theirs])),
        ("x5t", json!(encode([0; 20]))),
        ("x5t#S256", json!(encode([0; 32]))),
        ("epk", json!({ "kty": "EC" })),
    ] {
        let mut header = forge.header();
        header[name] = value;
        group.add(format!("another key in {name}"), signed_by_other(header));
    }
}

fn signature(forge: &Forge, all: &mut Vec<Case>) {
    let mut group = Group { all, group: "signature", reasons: &["the signature does not verify", "three base64url"] };
    let own = |input: &[u8]| sign(forge.algorithm, "hostile", input);
    group.add("empty bytes", forge.with_signature(|_| vec![]));
    for length in [1, 16, 31, 32, 33, 48, 63, 64, 65, 70, 96, 97, 128, 255, 256, 257, 512] {
        group.add(format!("{length} zeros"), forge.with_signature(|_| vec![0; length]));
        group.add(format!("{length} ones"), forge.with_signature(|_| vec![0xff; length]));
    }
    group.add("cut short by one", forge.with_signature(|input| own(input).split_last().unwrap().1.to_vec()));
    group.add("cut to half", forge.with_signature(|input| own(input)[..16].to_vec()));
    group.add("one byte more", forge.with_signature(|input| [own(input), vec![0]].concat()));
    group.add("one byte before", forge.with_signature(|input| [vec![0], own(input)].concat()));
    group.add("twice", forge.with_signature(|input| [own(input), own(input)].concat()));
    group.add("reversed", forge.with_signature(|input| own(input).into_iter().rev().collect()));
    for bit in [0, 1, 7, 100, 200] {
        group.add(
            format!("bit {bit} flipped"),
            forge.with_signature(|input| {
                let mut signature = own(input);
                signature[bit / 8] ^= 1 << (bit % 8);
                signature
            }),
        );
    }
    group.add("of other claims", {
        let other = forge.with_claim("sub", json!("8"));
        let good = forge.token(forge.header().to_string(), forge.claims().to_string());
        format!("{}.{}", good.rsplit_once('.').unwrap().0, other.rsplit_once('.').unwrap().1)
    });
    group.add("as text", forge.with_signature(|input| encode(own(input)).into_bytes()));
    group.add(
        "r and s as DER",
        forge.with_signature(|input| {
            let signature = own(input);
            let (r, s) = signature.split_at(signature.len() / 2);
            let int = |n: &[u8]| [vec![2, n.len() as u8 + 1, 0], n.to_vec()].concat();
            let both = [int(r), int(s)].concat();
            [vec![0x30, both.len() as u8], both].concat()
        }),
    );
}

fn payload(forge: &Forge, all: &mut Vec<Case>) {
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
        ("a nested token", forge.token(&header, &claims)),
    ] {
        group.add(name, forge.token(&header, payload));
    }
    group.add("not UTF-8", forge.token(&header, b"{\"sub\":\"\xff\xfe\"}"));
    group.add("overlong UTF-8", forge.token(&header, [open.as_bytes(), b",\"x\":\"\xc0\xaf\"}"].concat()));
    group.add("UTF-16", forge.token(&header, claims.bytes().flat_map(|byte| [0, byte]).collect::<Vec<_>>()));
}

fn claims(forge: &Forge, all: &mut Vec<Case>) {
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
        ("nbf", json!(NOW + 1)),
        ("nbf", json!(NOW.to_string())),
        ("nbf", json!(null)),
        ("nbf", json!(u64::MAX)),
        ("iat", json!(NOW + 1)),
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

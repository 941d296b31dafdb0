//! Another algorithm, another key, another signature.

use aws_lc_rs::hmac as mac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jwt_auth_tests::keys::{pair, pem};
use serde_json::{Value, json};

use super::{Case, Group};
use crate::forge::{Forge, encode, hmac, sign};

pub(super) fn algorithm(forge: &Forge, all: &mut Vec<Case>) {
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

pub(super) fn key(forge: &Forge, all: &mut Vec<Case>) {
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

pub(super) fn signature(forge: &Forge, all: &mut Vec<Case>) {
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

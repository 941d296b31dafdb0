//! Errors that keep a service from starting: each names what is wrong and what to write instead.

use jwt_auth::{Algorithm, ProtectError, keys::KeyError};

/// The text has every one of these words, and `{:?}`, which a `main` prints, has the text.
fn says(error: &(impl std::error::Error + 'static), words: &[&str]) {
    let text = error.to_string();
    for word in words {
        assert!(text.contains(word), "`{word}` is not in: {text}");
    }
    assert!(format!("{error:?}").contains(&text), "{error:?}");
}

#[test]
fn an_error_about_a_key_says_what_to_give() {
    let short = KeyError::TooShort { algorithm: Algorithm::HS384, min: 48, found: 7 };
    says(&short, &["HS384", "7 bytes", "48", "openssl rand -base64 48"]);
    says(&KeyError::Weak("repeats itself"), &["repeats itself", "openssl rand"]);
    says(&KeyError::KeyAsSecret, &["another kind", "from_pem", "from_jwk"]);
    says(&KeyError::NotSet { variable: "JWT_SECRET".into() }, &["`JWT_SECRET`", "not set"]);
    says(&KeyError::File { path: "/run/key".into(), error: "denied".into() }, &["`/run/key`", "denied"]);
    says(&KeyError::Malformed("give PKCS #8"), &["not a supported key", "give PKCS #8"]);
    says(&KeyError::WrongKind { algorithm: Algorithm::ES256, found: "RSA" }, &["ES256", "RSA"]);
    says(&KeyError::RsaSize { bits: 1024 }, &["1024 bits", "2048"]);
    says(&KeyError::RsaExponent, &["exponent", "65537"]);
    says(&KeyError::Jwk("`x` is absent"), &["JWK", "`x` is absent"]);
    says(&KeyError::DuplicateName(Some("a\n".into())), &["`a\\n`", "with_kid"]);
    says(&KeyError::DuplicateName(None), &["no name", "with_kid"]);
    says(&KeyError::LongName, &["256 bytes", "with_kid"]);
    says(&KeyError::MixedKinds, &["HMAC", "with_kid", "`lifetime`", "key pair"]);
    says(&KeyError::NoneUsable("the set has no keys".into()), &["the set has no keys"]);
    says(&KeyError::NoKey, &["no key"]);
    says(&KeyError::Unknown(Some("b".into())), &["`b`"]);
    says(&KeyError::Unknown(None), &["say which"]);
    says(&KeyError::Signing, &["switch_signing_key"]);
    says(&KeyError::Remote, &["fetched", "issuer"]);
    says(&KeyError::Fetch("no https".into()), &["fetched", "no https"]);
    says(&KeyError::SelfTest, &["does not verify", "public key"]);
    says(&KeyError::Random, &["random numbers"]);
    says(&KeyError::NoCrypto, &["`aws_lc_rs`", "`rust_crypto`"]);
    says(&KeyError::Refused, &["crypto backend", "refused"]);
}

#[test]
fn an_error_about_a_router_says_what_to_write() {
    let operation = || "GET /orders".to_owned();
    let taken = |key| ProtectError::PathTaken { key, path: "/login".into() };
    says(&taken("token_url"), &["`/login`", "`authenticate`", "remove one"]);
    says(&taken("revoke_url"), &["`/login`", "`revoke_url`", "change `revoke_url`"]);
    says(&ProtectError::SchemeName("OAuth2".into()), &["`OAuth2`", "scheme_name = "]);
    let unknown = ProtectError::UnknownScheme { operation: operation(), scheme: "Other".into() };
    says(&unknown, &["`GET /orders`", "`Other`", "leave `security(...)` out"]);
    let undeclared = ProtectError::UndeclaredScope { operation: operation(), scope: "admin".into() };
    says(&undeclared, &["`GET /orders`", "`admin`", "scopes(...)"]);
    let foreign = ProtectError::ForeignScope { operation: operation(), scope: "write".into() };
    says(&foreign, &["`GET /orders`", "`write`", "another backend", "protect the router with the other backend"]);
    says(
        &ProtectError::OpenButLocked { operation: operation() },
        &["`GET /orders`", "`exclude`", "remove the pattern"],
    );
    says(
        &ProtectError::LockedButOpen { operation: operation() },
        &["`GET /orders`", "no pattern of `exclude` opens it; add a pattern"],
    );
    says(&ProtectError::NoRoute { path: "/orders".into() }, &["`/orders`", "`routes!`", "{*rest}"]);
    let dead = |near| ProtectError::DeadPattern { pattern: "/a/b".into(), near };
    says(&dead(vec!["/a/{x}".into()]), &["`/a/b`", "`/a/{x}`", "cover all of it"]);
    says(&dead(Vec::new()), &["`/a/b`", "remove the pattern"]);
    says(&ProtectError::Document("a bug".into()), &["a bug"]);
}

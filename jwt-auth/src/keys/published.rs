//! The JWK Set that somebody else publishes (RFC 7517 section 5). A key that is bad, unknown or doubled costs only itself.

use serde_json::{Map, Value};

use crate::jose::algorithm::Algorithm;
use crate::jose::key_error::KeyError;
use crate::keys::formats::jwk::{ALG_MISSING, Jwk, JwkKey};
use crate::keys::verifying_key::VerifyingKey;

/// How many keys of a set are read by default.
pub(crate) const MAX_KEYS: usize = 256;
/// How many keys that were left out are named in a text.
const MAX_NAMED: usize = 16;
/// How many characters of a `kid` are shown.
const MAX_SHOWN: usize = 64;

/// How a set is read.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    /// The algorithm of keys without `alg`, unless the curve determines it.
    pub(crate) assumed: Option<Algorithm>,
    pub(crate) max_keys: usize,
    /// Whether the member `issuer` limits a key to the tokens of one issuer.
    pub(crate) honours_issuer: bool,
}

impl Default for Reading {
    fn default() -> Self {
        Self { assumed: None, max_keys: MAX_KEYS, honours_issuer: false }
    }
}

/// The keys of a set that can be used. No two have the same `kid` and algorithm, and there is at least one.
#[derive(Debug)]
pub(crate) struct Published {
    pub(crate) keys: Vec<VerifyingKey>,
    /// For each other key, its name and why it is left out.
    pub(crate) left_out: Vec<String>,
}

struct Found {
    key: VerifyingKey,
    /// Whether another key of the set has the same name and algorithm.
    is_ambiguous: bool,
}

impl Published {
    /// Of a member that is written twice in a key, the last counts (RFC 7517 section 4).
    pub(crate) fn read(text: &[u8], reading: &Reading) -> Result<Self, KeyError> {
        let set: Map<String, Value> =
            serde_json::from_slice(text).map_err(|_| KeyError::Jwk("the set is not one JSON object"))?;
        let entries = match set.get("keys") {
            Some(Value::Array(entries)) => entries.as_slice(),
            Some(_) => return Err(KeyError::Jwk("`keys` of the set is not a list")),
            None => &[],
        };
        if entries.is_empty() {
            return Err(KeyError::NoneUsable("the set has no keys".into()));
        }
        let (mut found, mut left_out) = (Vec::new(), Vec::new());
        for (position, entry) in (1_usize..).zip(entries).take(reading.max_keys) {
            match read_key(entry, reading) {
                Ok(key) => add(&mut found, key),
                Err(error) => left_out.push(format!("{}: {}", name(entry, position), reason(&error))),
            }
        }
        for doubled in found.iter().filter(|found| found.is_ambiguous) {
            let name = doubled.key.kid().map(shown).unwrap_or_default();
            left_out.push(format!(
                "`{name}`: different keys have this `kid` and the algorithm {}",
                doubled.key.algorithm()
            ));
        }
        match entries.len().saturating_sub(reading.max_keys) {
            0 => {}
            more => left_out.push(format!("{more} more: `max_keys` is {}", reading.max_keys)),
        }
        let keys: Vec<_> = found.into_iter().filter(|found| !found.is_ambiguous).map(|found| found.key).collect();
        if keys.is_empty() {
            let text = format!("the set has no key that can be used; {}", listed(&left_out));
            return Err(KeyError::NoneUsable(text));
        }
        Ok(Self { keys, left_out })
    }
}

/// The texts as one, of which the first are shown.
pub(crate) fn listed(left_out: &[String]) -> String {
    let shown: Vec<&str> = left_out.iter().take(MAX_NAMED).map(String::as_str).collect();
    match left_out.len().saturating_sub(MAX_NAMED) {
        0 => shown.join("; "),
        more => format!("{}; and {more} more", shown.join("; ")),
    }
}

/// The same key counts once. Different keys with one name and algorithm are all ambiguous.
fn add(found: &mut Vec<Found>, key: VerifyingKey) {
    let name = |key: &VerifyingKey| (key.kid().map(str::to_owned), key.algorithm());
    match found.iter_mut().find(|found| name(&found.key) == name(&key)) {
        None => found.push(Found { key, is_ambiguous: false }),
        Some(first) => first.is_ambiguous |= !first.key.is_same_as(&key),
    }
}

fn read_key(entry: &Value, reading: &Reading) -> Result<VerifyingKey, KeyError> {
    let members = entry.as_object().ok_or(KeyError::Jwk("it is not a JSON object"))?;
    // A set is public, so a secret or a private key in it is compromised.
    if members.get("kty").and_then(Value::as_str) == Some("oct") {
        return Err(KeyError::Jwk("it is a secret (`oct`), and everybody can read the set"));
    }
    if members.contains_key("d") {
        return Err(KeyError::Jwk("it is a private key, and everybody can read the set"));
    }
    let issuer = match members.get("issuer").filter(|_| reading.honours_issuer) {
        None => None,
        Some(Value::String(issuer)) => Some(issuer.clone()),
        Some(_) => return Err(KeyError::Jwk("`issuer` is not text")),
    };
    let jwk = Jwk::from_members(members, reading.assumed)?;
    match jwk.key {
        JwkKey::Public(_) => VerifyingKey::of_jwk(jwk).map(|key| key.with_issuer(issuer)),
        JwkKey::Secret(_) | JwkKey::Private(_) => Err(KeyError::Jwk("it is not a public key")),
    }
}

fn name(entry: &Value, position: usize) -> String {
    match entry.get("kid").and_then(Value::as_str).filter(|kid| !kid.is_empty()) {
        Some(kid) => format!("`{}`", shown(kid)),
        None => format!("key {position}"),
    }
}

fn shown(kid: &str) -> String {
    kid.chars().take(MAX_SHOWN).flat_map(char::escape_debug).collect()
}

fn reason(error: &KeyError) -> String {
    match error {
        error if *error == ALG_MISSING => "`alg` is missing; name the algorithm with `assume_algorithm`".into(),
        KeyError::Jwk(what) => (*what).into(),
        error => error.to_string(),
    }
}

#[cfg(all(test, any(feature = "aws_lc_rs", feature = "rust_crypto")))]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::jose::error::TokenError;
    use crate::jose::header::Header;
    use crate::keys::formats::jwk::public_members;
    use crate::keys::jwk_set::VerifyingKeys;
    use crate::keys::key_set::KeySet;

    const ONE: &str = include_str!("formats/throw_away/p256_public.pem");
    const TWO: &str = include_str!("formats/throw_away/p256_other_public.pem");
    const RSA: &str = include_str!("formats/throw_away/rsa_pkcs1_public.pem");

    fn jwk(algorithm: Algorithm, pem: &str) -> Value {
        let key = VerifyingKey::from_pem(algorithm, pem).unwrap();
        let mut jwk = json!(public_members(key.public().unwrap(), algorithm, ""));
        jwk.as_object_mut().unwrap().remove("kid");
        jwk
    }

    fn with(mut jwk: Value, name: &str, value: Value) -> Value {
        jwk[name] = value;
        jwk
    }

    fn ec(pem: &str, kid: &str) -> Value {
        with(jwk(Algorithm::ES256, pem), "kid", kid.into())
    }

    fn text(keys: &[Value]) -> String {
        json!({ "keys": keys, "more": { "a": [[[[[[[[[[[[1]]]]]]]]]]]] } }).to_string()
    }

    fn read(keys: &[Value]) -> Published {
        Published::read(text(keys).as_bytes(), &Reading::default()).unwrap()
    }

    fn key_set(keys: &[Value]) -> KeySet {
        VerifyingKeys::from_jwks(text(keys)).unwrap().into_key_set().unwrap()
    }

    fn find<'s>(set: &'s KeySet, header: &str) -> Result<&'s VerifyingKey, TokenError> {
        set.find(&Header::parse(header.as_bytes()).unwrap())
    }

    // KEY-10, A17
    #[test]
    fn a_bad_key_costs_only_itself() {
        let secret = json!({ "kty": "oct", "kid": "h", "k": "q3v0J7mX2kD9fS1aLw8ZpT4cYb6NuRhGeVxKoMiQs5E" });
        let rsa = || jwk(Algorithm::RS256, RSA);
        let mut without_alg = with(rsa(), "kid", "a".into());
        without_alg.as_object_mut().unwrap().remove("alg");
        let bad = [
            (json!(7), "key 1: it is not a JSON object"),
            (secret, "`h`: it is a secret"),
            (with(ec(ONE, "d"), "d", json!("AA")), "`d`: it is a private key"),
            (with(ec(ONE, "e"), "use", json!("enc")), "`e`: `use` is not `sig`"),
            (with(ec(ONE, "u"), "alg", json!("ES256K")), "`u`: `alg` is not a supported"),
            (json!({ "kty": "EC", "crv": "P-521", "kid": "5" }), "`5`: `crv` is not a supported curve"),
            (json!({ "kty": "AKP", "kid": "pq", "alg": "ML-DSA-44" }), "`pq`: `alg` is not a supported"),
            (with(ec(ONE, "x"), "x", json!("AA")), "`x`: a coordinate"),
            (with(jwk(Algorithm::ES256, ONE), "kid", json!(7)), "key 9: a member that must be text is not"),
            (without_alg, "`a`: `alg` is missing; name the algorithm with `assume_algorithm`"),
        ];
        let bad_keys: Vec<Value> = bad.iter().map(|(key, _)| key.clone()).collect();
        let set = read(&[bad_keys.clone(), vec![with(ec(ONE, "good"), "x5c", json!([["deep"]]))]].concat());
        assert_eq!((set.keys.len(), set.keys[0].kid()), (1, Some("good")));
        assert_eq!(set.left_out.len(), bad.len());
        for (found, (_, says)) in set.left_out.iter().zip(&bad) {
            assert!(found.starts_with(says), "{found}");
        }
        let none = VerifyingKeys::from_jwks(text(&bad_keys)).unwrap_err().to_string();
        assert!(
            none.starts_with("the set has no key that can be used; key 1: ") && none.contains("`a`: `alg`"),
            "{none}"
        );
        let assumed = VerifyingKeys::from_jwks_assume_algorithm(text(&bad_keys), Algorithm::RS256).unwrap();
        assert_eq!(assumed.into_key_set().unwrap().kids(), [Some("a".into())]);
        for empty in ["{}", r#"{"keys":[]}"#] {
            assert_eq!(VerifyingKeys::from_jwks(empty).unwrap_err().to_string(), "the set has no keys");
        }
        for wrong in ["", "[]", r#"{"keys":{}}"#, "<html>"] {
            assert!(matches!(VerifyingKeys::from_jwks(wrong), Err(KeyError::Jwk(_))), "{wrong}");
        }
    }

    // KEY-06, A17
    #[test]
    fn of_equal_names_the_algorithm_decides() {
        let rsa = |alg| with(jwk(alg, RSA), "kid", "k".into());
        let keys = [ec(ONE, "k"), rsa(Algorithm::RS256), ec(ONE, "k"), rsa(Algorithm::PS256), ec(ONE, "other")];
        let set = key_set(&keys);
        for algorithm in [Algorithm::ES256, Algorithm::RS256, Algorithm::PS256] {
            let found = find(&set, &format!(r#"{{"alg":"{algorithm}","kid":"k"}}"#)).unwrap();
            assert_eq!(found.algorithm(), algorithm);
        }
        assert_eq!(find(&set, r#"{"alg":"RS384","kid":"k"}"#).unwrap_err(), TokenError::Algorithm);
        assert_eq!(find(&set, r#"{"alg":"HS256","kid":"k"}"#).unwrap_err(), TokenError::Algorithm);
        assert_eq!(set.kids(), [Some("k".into()), Some("other".into())]);
        assert!(read(&keys).left_out.is_empty());

        let doubled = [ec(ONE, "k"), ec(TWO, "k"), ec(ONE, "k"), rsa(Algorithm::RS256)];
        assert_eq!(read(&doubled).left_out, ["`k`: different keys have this `kid` and the algorithm ES256"]);
        assert!(find(&key_set(&doubled), r#"{"alg":"ES256","kid":"k"}"#).is_err());
        assert!(find(&key_set(&doubled), r#"{"alg":"RS256","kid":"k"}"#).is_ok());
        let none = VerifyingKeys::from_jwks(text(&doubled[..2])).unwrap_err().to_string();
        assert!(none.contains("different keys have this `kid`"), "{none}");
    }

    // JWS-11
    #[test]
    fn a_key_without_a_name_is_for_tokens_without_one() {
        let nameless = || jwk(Algorithm::ES256, ONE);
        let rsa = with(jwk(Algorithm::RS256, RSA), "kid", "r".into());
        for set in [key_set(&[nameless(), rsa.clone()]), key_set(&[ec(ONE, ""), rsa.clone(), nameless()])] {
            for header in [r#"{"alg":"ES256"}"#, r#"{"alg":"ES256","kid":""}"#] {
                assert_eq!(find(&set, header).unwrap().algorithm(), Algorithm::ES256);
            }
            assert!(find(&set, r#"{"alg":"RS256"}"#).is_ok());
            assert_eq!(find(&set, r#"{"alg":"ES256","kid":"x"}"#).unwrap_err(), TokenError::UnknownKey);
        }
        let two = key_set(&[nameless(), ec(TWO, "k")]);
        assert_eq!(find(&two, r#"{"alg":"ES256"}"#).unwrap_err(), TokenError::UnknownKey);
        assert!(find(&two, r#"{"alg":"ES256","kid":"k"}"#).is_ok());
    }

    #[test]
    fn no_more_keys_are_read_than_the_setting_says() {
        let keys: Vec<Value> = (0..300).map(|n| ec(ONE, &n.to_string())).collect();
        let set = read(&keys);
        assert_eq!((set.keys.len(), &*set.left_out), (256, &["44 more: `max_keys` is 256".to_owned()][..]));
        let bad: Vec<Value> = (0..100).map(|n| json!(n)).collect();
        let error = VerifyingKeys::from_jwks(text(&bad)).unwrap_err().to_string();
        assert!(error.ends_with("; and 84 more"), "{error}");
    }

    // CLM-06
    #[test]
    fn a_key_is_for_the_issuer_that_it_names_if_this_is_honoured() {
        let key = |issuer: &str| with(ec(ONE, "k"), "issuer", issuer.into());
        let serves = |issuer: &str, honours_issuer, asked: &str| {
            let reading = Reading { honours_issuer, ..Reading::default() };
            let set = Published::read(text(&[key(issuer)]).as_bytes(), &reading).unwrap();
            set.keys[0].serves(asked)
        };
        assert!(serves("https://a.test/{tenantid}/v2.0", true, "https://a.test/7/v2.0"));
        assert!(serves("https://a.test/7/v2.0", true, "https://a.test/7/v2.0"));
        assert!(!serves("https://a.test/7/v2.0", true, "https://a.test/8/v2.0"));
        assert!(serves("https://a.test/7/v2.0", false, "https://a.test/8/v2.0"));
        assert!(read(&[ec(ONE, "k")]).keys[0].serves("https://a.test"));
    }
}

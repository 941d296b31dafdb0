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

//! JSON Web Keys (RFC 7517, RFC 7518 section 6, RFC 8037 section 2). They are read strictly, and only public members
//! are written.

use std::collections::BTreeMap;

use serde_json::Map;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::jose::algorithm::Algorithm;
use crate::jose::algorithm::Curve;
use crate::jose::algorithm::Family;
use crate::jose::compact;
use crate::jose::crypto;
use crate::jose::json;
use crate::jose::key_error::KeyError;
use crate::jose::public_key::PublicKey;
use crate::keys::formats::Private;
use crate::keys::formats::der::ec_private_from_parts;
use crate::keys::formats::der::ed25519_private;
use crate::keys::formats::der::rsa_private_from_parts;
use crate::keys::formats::trimmed;

const MAX_DEPTH: usize = 8;

/// A key without `alg`, whose algorithm its curve does not determine.
pub(crate) const ALG_MISSING: KeyError = KeyError::Jwk("`alg` is missing; a key needs one algorithm");

/// A JWK for signatures. Its members agree with each other.
pub(crate) struct Jwk {
    pub(crate) algorithm: Algorithm,
    pub(crate) kid: Option<String>,
    pub(crate) key: JwkKey,
}

/// The key that the JWK contains.
pub(crate) enum JwkKey {
    Secret(Zeroizing<Vec<u8>>),
    Public(PublicKey),
    Private(Private),
}

impl Jwk {
    pub(crate) fn from_json(text: &[u8]) -> Result<Self, KeyError> {
        let members = json::object(text, MAX_DEPTH)
            .map_err(|json::NotStrict| KeyError::Jwk("it is not a single JSON object without repeated names"))?;
        Self::from_members(&members, None)
    }

    /// `assumed` is the algorithm of a key without `alg`, unless its curve determines it.
    pub(crate) fn from_members(members: &Map<String, Value>, assumed: Option<Algorithm>) -> Result<Self, KeyError> {
        is_for_signatures(members)?;
        let algorithm = match (text(members, "alg")?, text(members, "crv")?) {
            (Some(name), _) => {
                Algorithm::from_name(name).ok_or(KeyError::Jwk("`alg` is not a supported signature algorithm"))?
            }
            (None, Some("P-256")) => Algorithm::ES256,
            (None, Some("P-384")) => Algorithm::ES384,
            (None, None | Some("Ed25519")) => assumed.ok_or(ALG_MISSING)?,
            (None, Some(_)) => return Err(KeyError::Jwk("`crv` is not a supported curve")),
        };
        // An empty `kid` counts as absent.
        let kid = text(members, "kid")?.filter(|kid| !kid.is_empty()).map(str::to_owned);
        let key = match (required(members, "kty")?, algorithm.family()) {
            ("oct", Family::Hmac) => JwkKey::Secret(number(members, "k")?),
            ("RSA", Family::Rsa) => rsa(members)?,
            ("EC", Family::Ec(curve)) => ec(members, curve)?,
            ("OKP", Family::Ed25519) => okp(members)?,
            _ => return Err(KeyError::Jwk("`kty` is not the kind of key that `alg` needs")),
        };
        Ok(Self { algorithm, kid, key })
    }
}

/// Checks that `use` and `key_ops` allow signatures (RFC 7517 sections 4.2 and 4.3).
fn is_for_signatures(members: &Map<String, Value>) -> Result<(), KeyError> {
    if text(members, "use")?.is_some_and(|usage| usage != "sig") {
        return Err(KeyError::Jwk("`use` is not `sig`"));
    }
    let Some(operations) = members.get("key_ops") else { return Ok(()) };
    let operations = operations.as_array().ok_or(KeyError::Jwk("`key_ops` is not a list"))?;
    let is_signature = |operation: &Value| matches!(operation.as_str(), Some("sign" | "verify"));
    if operations.is_empty() || !operations.iter().all(is_signature) {
        return Err(KeyError::Jwk("`key_ops` may contain only `sign` and `verify`"));
    }
    Ok(())
}

fn rsa(members: &Map<String, Value>) -> Result<JwkKey, KeyError> {
    let (n, e) = (number(members, "n")?, number(members, "e")?);
    if !members.contains_key("d") {
        return Ok(JwkKey::Public(PublicKey::Rsa { n: trimmed(&n).to_vec(), e: trimmed(&e).to_vec() }));
    }
    let member = |name| number(members, name);
    let parts = [n, e, member("d")?, member("p")?, member("q")?, member("dp")?, member("dq")?, member("qi")?];
    rsa_private_from_parts(&parts).map(JwkKey::Private)
}

fn ec(members: &Map<String, Value>, curve: Curve) -> Result<JwkKey, KeyError> {
    if required(members, "crv")? != curve.name() {
        return Err(KeyError::Jwk("`crv` is not the curve of `alg`"));
    }
    let (x, y) = (number(members, "x")?, number(members, "y")?);
    if x.len() != curve.coordinate_len() || y.len() != curve.coordinate_len() {
        return Err(KeyError::Jwk("a coordinate does not have the size of the curve"));
    }
    let point = [&[4][..], &x, &y].concat();
    if !members.contains_key("d") {
        return Ok(JwkKey::Public(PublicKey::Ec { curve, point }));
    }
    ec_private_from_parts(curve, &number(members, "d")?, &point).map(JwkKey::Private)
}

fn okp(members: &Map<String, Value>) -> Result<JwkKey, KeyError> {
    if required(members, "crv")? != "Ed25519" {
        return Err(KeyError::Jwk("`crv` is not `Ed25519`"));
    }
    let x = number(members, "x")?;
    if x.len() != 32 {
        return Err(KeyError::Jwk("`x` is not 32 bytes"));
    }
    let public = PublicKey::Ed25519(x.to_vec());
    if !members.contains_key("d") {
        return Ok(JwkKey::Public(public));
    }
    let private = ed25519_private(&number(members, "d")?)?;
    if private.public != public {
        return Err(KeyError::Jwk("`x` is not the public key of `d`"));
    }
    Ok(JwkKey::Private(private))
}

fn text<'m>(members: &'m Map<String, Value>, name: &'static str) -> Result<Option<&'m str>, KeyError> {
    match members.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(KeyError::Jwk("a member that must be text is not")),
    }
}

fn required<'m>(members: &'m Map<String, Value>, name: &'static str) -> Result<&'m str, KeyError> {
    text(members, name)?.ok_or(KeyError::Jwk("a member that this kind of key needs is missing"))
}

/// Reads a member that is base64url of big-endian bytes.
fn number(members: &Map<String, Value>, name: &'static str) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let text = required(members, name)?;
    compact::decode(text).map(Zeroizing::new).map_err(|_| KeyError::Jwk("a number is not canonical base64url"))
}

/// The members that define the key, sorted. These are the members of its thumbprint (RFC 7638 section 3.2).
pub(crate) fn required_members(public: &PublicKey) -> BTreeMap<&'static str, String> {
    let encode = |bytes: &[u8]| compact::encode(bytes);
    match public {
        PublicKey::Rsa { n, e } => BTreeMap::from([("kty", "RSA".to_owned()), ("n", encode(n)), ("e", encode(e))]),
        PublicKey::Ec { curve, point } => {
            let coordinates = point.get(1..).unwrap_or_default();
            let (x, y) = coordinates.split_at_checked(curve.coordinate_len()).unwrap_or_default();
            BTreeMap::from([
                ("kty", "EC".to_owned()),
                ("crv", curve.name().to_owned()),
                ("x", encode(x)),
                ("y", encode(y)),
            ])
        }
        PublicKey::Ed25519(x) => {
            BTreeMap::from([("kty", "OKP".to_owned()), ("crv", "Ed25519".to_owned()), ("x", encode(x))])
        }
    }
}

/// The members of a published key. None is private.
pub(crate) fn public_members(public: &PublicKey, algorithm: Algorithm, kid: &str) -> BTreeMap<&'static str, String> {
    let mut members = required_members(public);
    members.insert("alg", algorithm.name().to_owned());
    members.insert("use", "sig".to_owned());
    members.insert("kid", kid.to_owned());
    members
}

/// The SHA-256 thumbprint: base64url over the required members in lexicographic order, without white space.
pub(crate) fn thumbprint(public: &PublicKey) -> Result<String, KeyError> {
    let json = serde_json::to_vec(&required_members(public)).map_err(|_| KeyError::Refused)?;
    Ok(compact::encode(&crypto::sha256(&json)?))
}

//! Keys that verify: named one by one, or a JWK Set (RFC 7517 section 5).

use serde_json::Value;

use crate::jose::algorithm::Algorithm;
use crate::jose::json;
use crate::jose::key_error::KeyError;
use crate::keys::formats::jwk::{Jwk, JwkHalf};
use crate::keys::verifying_key::VerifyingKey;

/// Deep enough for a key with a certificate chain.
const MAX_DEPTH: usize = 8;

/// The keys of a set that can be used: those for signatures, of a supported algorithm, and public. What else stands in
/// the set is left out, as RFC 7517 section 5 demands; a key without `alg` is of the algorithm `assumed`, or of the one
/// of its curve.
pub(crate) fn usable_keys(text: &[u8], assumed: Option<Algorithm>) -> Result<Vec<VerifyingKey>, KeyError> {
    let set =
        json::object(text, MAX_DEPTH).map_err(|json::NotStrict| KeyError::Jwk("the set is not one JSON object"))?;
    let keys = set.get("keys").and_then(Value::as_array).ok_or(KeyError::Jwk("the set has no list `keys`"))?;
    let usable = keys.iter().filter_map(Value::as_object).filter_map(|members| {
        let jwk = Jwk::from_members(members, assumed).ok()?;
        match jwk.half {
            JwkHalf::Public(_) => VerifyingKey::of_jwk(jwk).ok(),
            // A set is public; a secret in it is one no longer.
            JwkHalf::Secret(_) | JwkHalf::Private(_) => None,
        }
    });
    let usable: Vec<VerifyingKey> = usable.collect();
    if usable.is_empty() { Err(KeyError::NoKey) } else { Ok(usable) }
}

/// The public keys of an issuer, for a service that only verifies.
///
/// ```no_run
/// use jwt_auth::{Algorithm, keys::{VerifyingKey, VerifyingKeys}};
/// let one = VerifyingKeys::from(VerifyingKey::from_pem(Algorithm::ES256, std::fs::read("public.pem")?)?);
/// let set = VerifyingKeys::from_jwks(std::fs::read("jwks.json")?)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct VerifyingKeys {
    pub(crate) keys: Vec<VerifyingKey>,
}

impl VerifyingKeys {
    /// Several keys. Two of one name, or of different kinds, are an error of `build()`.
    pub fn new(keys: impl IntoIterator<Item = VerifyingKey>) -> Self {
        Self { keys: keys.into_iter().collect() }
    }

    /// A JWK Set. Keys that cannot be used, among them every private and every symmetric one, are left out.
    ///
    /// # Errors
    ///
    /// [`KeyError::Jwk`] for what is no set, [`KeyError::NoKey`] where no key of it can be used.
    pub fn from_jwks(json: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        usable_keys(json.as_ref(), None).map(|keys| Self { keys })
    }
}

impl From<VerifyingKey> for VerifyingKeys {
    fn from(key: VerifyingKey) -> Self {
        Self::new([key])
    }
}

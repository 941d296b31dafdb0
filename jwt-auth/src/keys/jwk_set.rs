//! Several keys that verify: given one by one, or as a JWK Set (RFC 7517 section 5).

use serde_json::Value;

use crate::jose::algorithm::Algorithm;
use crate::jose::json;
use crate::jose::key_error::KeyError;
use crate::keys::formats::jwk::{Jwk, JwkKey};
use crate::keys::verifying_key::VerifyingKey;

/// How many levels a set may have. Enough for a key with a certificate chain.
const MAX_DEPTH: usize = 8;

/// The usable keys of a set: public keys for signatures with a supported algorithm. Other keys are left out, as RFC
/// 7517 section 5 requires. A P-256 or P-384 key without `alg` has the algorithm of its curve; any other key without
/// `alg` has the algorithm `assumed`.
pub(crate) fn usable_keys(text: &[u8], assumed: Option<Algorithm>) -> Result<Vec<VerifyingKey>, KeyError> {
    let set =
        json::object(text, MAX_DEPTH).map_err(|json::NotStrict| KeyError::Jwk("the set is not one JSON object"))?;
    let keys = set.get("keys").and_then(Value::as_array).ok_or(KeyError::Jwk("the set has no list `keys`"))?;
    let usable = keys.iter().filter_map(Value::as_object).filter_map(|members| {
        let jwk = Jwk::from_members(members, assumed).ok()?;
        match jwk.key {
            JwkKey::Public(_) => VerifyingKey::of_jwk(jwk).ok(),
            // A JWK Set is public, so a secret or private key in it is compromised.
            JwkKey::Secret(_) | JwkKey::Private(_) => None,
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
#[doc(alias("jwks"))]
pub struct VerifyingKeys {
    pub(crate) keys: Vec<VerifyingKey>,
}

impl VerifyingKeys {
    /// Several keys. `build()` fails if two have the same name, or if some are HMAC secrets and others are public keys.
    pub fn new(keys: impl IntoIterator<Item = VerifyingKey>) -> Self {
        Self { keys: keys.into_iter().collect() }
    }

    /// The keys of a JWK Set. Private keys, HMAC secrets and unusable keys are left out.
    ///
    /// # Errors
    ///
    /// [`KeyError::Jwk`] if the text is not a JWK Set, [`KeyError::NoKey`] if none of its keys can be used.
    #[doc(alias("jwks"))]
    pub fn from_jwks(json: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        usable_keys(json.as_ref(), None).map(|keys| Self { keys })
    }
}

impl From<VerifyingKey> for VerifyingKeys {
    fn from(key: VerifyingKey) -> Self {
        Self::new([key])
    }
}

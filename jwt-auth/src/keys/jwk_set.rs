//! Several keys that verify: given one by one, or as a JWK Set (RFC 7517 section 5).

use crate::jose::algorithm::Algorithm;
use crate::jose::key_error::KeyError;
use crate::keys::key_set::{KeySet, Names};
use crate::keys::published::{Published, Reading, listed};
use crate::keys::verifying_key::VerifyingKey;

/// The keys of an issuer, for a service that only verifies.
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
    keys: Vec<VerifyingKey>,
    names: Names,
}

impl VerifyingKeys {
    /// Several keys. `build()` fails if two have the same name, or if there are HMAC secrets and public keys and one of the
    /// secrets has no name.
    pub fn new(keys: impl IntoIterator<Item = VerifyingKey>) -> Self {
        Self { keys: keys.into_iter().collect(), names: Names::Unique }
    }

    /// The public keys of a JWK Set (RFC 7517 section 5). A key that cannot be used costs only itself: it is left out, and a
    /// warning in the log names it and says why. Private keys, HMAC secrets (`oct`), encryption keys and unknown algorithms
    /// are left out. Of keys with the same `kid`, the `alg` of the token decides; if that is the same too, the same key
    /// counts once, and different keys are left out. At most 256 keys are read.
    ///
    /// # Errors
    ///
    /// [`KeyError::Jwk`] if the text is not a JWK Set, [`KeyError::NoneUsable`] if it has no key that can be used.
    #[doc(alias("jwks"))]
    pub fn from_jwks(json: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        Self::read(json.as_ref(), &Reading::default())
    }

    /// Like [`from_jwks`](Self::from_jwks), and a key without `alg` has this algorithm, unless its curve determines it.
    ///
    /// # Errors
    ///
    /// As [`from_jwks`](Self::from_jwks).
    pub fn from_jwks_assume_algorithm(json: impl AsRef<[u8]>, algorithm: Algorithm) -> Result<Self, KeyError> {
        Self::read(json.as_ref(), &Reading { assumed: Some(algorithm), ..Reading::default() })
    }

    fn read(json: &[u8], reading: &Reading) -> Result<Self, KeyError> {
        let Published { keys, left_out } = Published::read(json, reading)?;
        if !left_out.is_empty() {
            tracing::warn!(target: "jwt_auth", keys = %listed(&left_out), "keys of a JWK Set were left out");
        }
        Ok(Self { keys, names: Names::UniqueByAlgorithm })
    }

    pub(crate) fn into_key_set(self) -> Result<KeySet, KeyError> {
        KeySet::with_names(None, &self.keys, self.names)
    }
}

impl From<VerifyingKey> for VerifyingKeys {
    fn from(key: VerifyingKey) -> Self {
        Self::new([key])
    }
}

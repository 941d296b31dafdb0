//! The default name of a public key (RFC 7638).

use crate::jose::key_error::KeyError;
use crate::jose::public_key::PublicKey;
use crate::jose::{compact, crypto};
use crate::keys::formats::jwk::required_members;

/// The SHA-256 thumbprint: base64url over the required members in lexicographic order, without white space.
pub(crate) fn thumbprint(public: &PublicKey) -> Result<String, KeyError> {
    let json = serde_json::to_vec(&required_members(public)).map_err(|_| KeyError::Refused)?;
    Ok(compact::encode(&crypto::sha256(&json)?))
}

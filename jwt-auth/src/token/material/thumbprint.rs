//! The default name of a public key (RFC 7638).

use super::super::{compact, crypto};
use super::Public;
use super::jwk::required_members;
use crate::token::KeyError;

/// The SHA-256 thumbprint: base64url over the required members in lexicographic order, without white space.
pub(crate) fn thumbprint(public: &Public) -> Result<String, KeyError> {
    let json = serde_json::to_vec(&required_members(public)).map_err(|_| KeyError::Refused)?;
    Ok(compact::encode(&crypto::sha256(&json)?))
}

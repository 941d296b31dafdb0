//! The header of a token (RFC 7515 section 4). Its `alg` must match the key; it never chooses how a token is verified.

use serde_json::Value;

use crate::jose::algorithm::Algorithm;
use crate::jose::error::TokenError;
use crate::jose::json;

const MAX_DEPTH: usize = 16;
/// The longest `kid` that is looked up, in bytes.
pub(crate) const MAX_KID: usize = 256;

/// Parameters that change what a token means. We support none of them, so each is refused (RFC 7515 section 4.1.11, RFC
/// 7797 section 6, RFC 8725 section 3.5). Parameters that carry keys (`jwk`, `jku`, `x5u`, `x5c`) are ignored.
const REFUSED: [&str; 4] = ["crit", "b64", "zip", "cty"];

/// The parameters that we read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) algorithm: Algorithm,
    pub(crate) kid: Option<String>,
    pub(crate) typ: Option<String>,
}

impl Header {
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, TokenError> {
        let mut header = json::object(bytes, MAX_DEPTH).map_err(|json::NotStrict| TokenError::Header)?;
        let algorithm = header.get("alg").and_then(Value::as_str).and_then(Algorithm::from_name);
        let algorithm = algorithm.ok_or(TokenError::Algorithm)?;
        if let Some(name) = REFUSED.into_iter().find(|name| header.contains_key(*name)) {
            return Err(TokenError::HeaderParameter(name));
        }
        let kid = match header.remove("kid") {
            None => None,
            Some(Value::String(kid)) if kid.len() <= MAX_KID => Some(kid),
            Some(Value::String(long)) => return Err(TokenError::unknown_key(Some(&long))),
            Some(other) => return Err(TokenError::unknown_key(Some(&other.to_string()))),
        };
        let typ = match header.remove("typ") {
            None => None,
            Some(Value::String(typ)) => Some(typ),
            Some(_) => return Err(TokenError::Header),
        };
        Ok(Self { algorithm, kid, typ })
    }
}

//! The header of a token (RFC 7515 section 4), checked against the key and never the other way round.

use serde_json::Value;

use super::error::TokenError;
use super::json;
use super::keys::Keys;

const MAX_DEPTH: usize = 16;
const MAX_KID: usize = 256;

/// Parameters that change what the token means. None is understood, so each is refused (RFC 7515 section 4.1.11,
/// RFC 7797 section 6, RFC 8725 section 3.5). Those that carry keys (`jwk`, `jku`, `x5u`, `x5c`) are never read.
const REFUSED: [&str; 4] = ["crit", "b64", "zip", "cty"];

/// Checks everything but `typ`, which it returns.
pub(super) fn check(bytes: &[u8], keys: &Keys) -> Result<Option<String>, TokenError> {
    let mut header = json::object(bytes, MAX_DEPTH).map_err(|json::NotStrict| TokenError::Header)?;
    if header.get("alg").and_then(Value::as_str) != Some(keys.algorithm().name()) {
        return Err(TokenError::Algorithm);
    }
    if let Some(name) = REFUSED.into_iter().find(|name| header.contains_key(*name)) {
        return Err(TokenError::HeaderParameter(name));
    }
    match header.get("kid") {
        None => {}
        Some(Value::String(kid)) if kid.len() <= MAX_KID && keys.kid() == Some(kid.as_str()) => {}
        Some(_) => return Err(TokenError::UnknownKey),
    }
    match header.remove("typ") {
        None => Ok(None),
        Some(Value::String(typ)) => Ok(Some(typ)),
        Some(_) => Err(TokenError::Header),
    }
}

//! Signatures without claims, so that test vectors can be run against a key.

use crate::jose::error::TokenError;
use crate::keys::verifying_key::VerifyingKey;

impl VerifyingKey {
    /// The payload of a JWS in compact serialization (RFC 7515 section 7.1) that verifies with this key, under every rule for
    /// format and header that tokens are held to. Nothing is said of claims: this is for test vectors, and no way to
    /// authenticate anybody.
    ///
    /// # Errors
    ///
    /// [`TokenError`] says why it is refused.
    pub fn verify_jws(&self, jws: &str) -> Result<Vec<u8>, TokenError> {
        crate::issuer::verify::verify_jws(self, jws)
    }

    /// Whether a signature over these bytes verifies.
    pub fn verify_signature(&self, input: &[u8], signature: &[u8]) -> bool {
        crate::issuer::verify::verify_signature(self, input, signature)
    }
}

//! Verifies signatures without reading claims, for test vectors.

use crate::jose::error::TokenError;
use crate::keys::verifying_key::VerifyingKey;

impl VerifyingKey {
    /// Verifies a JWS in compact serialization (RFC 7515 section 7.1) and returns its payload. The rules for the format and the
    /// header are those for tokens. The claims are not checked, so this does not authenticate anybody: it is for test vectors.
    ///
    /// # Errors
    ///
    /// [`TokenError`] says why the JWS is refused.
    pub fn verify_jws(&self, jws: &str) -> Result<Vec<u8>, TokenError> {
        crate::issuer::verify::verify_jws(self, jws)
    }

    /// Whether a signature over these bytes verifies.
    pub fn verify_signature(&self, input: &[u8], signature: &[u8]) -> bool {
        crate::issuer::verify::verify_signature(self, input, signature)
    }
}

//! The formats of keys. All of them are read into the same types.

pub(crate) mod der;
pub(crate) mod jwk;
pub(crate) mod secret;

use zeroize::Zeroizing;

use crate::jose::public_key::PublicKey;

/// A private key in the DER format that signing needs: PKCS#1 for RSA, PKCS#8 for the others.
pub(crate) struct Private {
    pub(crate) der: Zeroizing<Vec<u8>>,
    pub(crate) public: PublicKey,
}

/// The number without leading zeros.
pub(crate) fn trimmed(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros..).unwrap_or_default()
}

#[cfg(all(test, any(feature = "aws_lc_rs", feature = "rust_crypto")))]
mod tests;

//! The hashes that are stored in place of names and secrets, and random numbers.

use zeroize::Zeroizing;

use crate::jose::crypto;
use crate::store::error::StoreError;

/// SHA-256 of a label, a zero byte and the parts. The label keeps hashes of different kinds apart.
pub(crate) fn digest(label: &str, parts: &[&[u8]]) -> Result<[u8; 32], StoreError> {
    let length = parts.iter().fold(label.len().saturating_add(1), |sum, part| sum.saturating_add(part.len()));
    // Allocated at its full size, since growing would leave a copy of a secret behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(length));
    bytes.extend_from_slice(label.as_bytes());
    bytes.push(0);
    parts.iter().for_each(|part| bytes.extend_from_slice(part));
    crypto::sha256(&bytes).map_err(|_| StoreError::new("hashing needs one of the crypto features"))
}

pub(crate) fn first_half(hash: [u8; 32]) -> [u8; 16] {
    let mut half = [0; 16];
    half.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
    half
}

/// The length of a part as bytes, so that two parts cannot run into each other.
pub(crate) fn length(part: &str) -> [u8; 4] {
    u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes()
}

pub(crate) fn random<const N: usize>() -> Result<Zeroizing<[u8; N]>, StoreError> {
    let mut bytes = Zeroizing::new([0; N]);
    getrandom::fill(bytes.as_mut()).map_err(|_| StoreError::new("the system's random number generator failed"))?;
    Ok(bytes)
}

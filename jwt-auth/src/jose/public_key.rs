//! Public keys in one form for all file formats, and their checks.

#[cfg(feature = "aws_lc_rs")]
use pkcs8::der::Encode;
#[cfg(feature = "aws_lc_rs")]
use pkcs8::der::asn1::UintRef;

use crate::jose::algorithm::{Algorithm, Curve, Family};
use crate::jose::key_error::KeyError;

/// A public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PublicKey {
    /// Big-endian, without leading zeros.
    Rsa {
        n: Vec<u8>,
        e: Vec<u8>,
    },
    /// `04 || x || y` (SEC 1 section 2.3.3).
    Ec {
        curve: Curve,
        point: Vec<u8>,
    },
    Ed25519(Vec<u8>),
}

const MIN_RSA_BITS: usize = 2048;
pub(crate) const MAX_RSA_BITS: usize = 8192;

impl PublicKey {
    /// Checks the kind of the key, and the size of an RSA key. The crypto backend checks that a point is on its curve.
    pub(crate) fn check(&self, algorithm: Algorithm) -> Result<(), KeyError> {
        match (self, algorithm.family()) {
            (Self::Rsa { n, e }, Family::Rsa) => check_rsa(n, e),
            (Self::Ec { curve, .. }, Family::Ec(wanted)) if *curve == wanted => Ok(()),
            (Self::Ed25519(_), Family::Ed25519) => Ok(()),
            _ => Err(KeyError::WrongKind { algorithm, found: self.kind() }),
        }
    }

    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Rsa { .. } => "an RSA key",
            Self::Ec { curve: Curve::P256, .. } => "an EC key on P-256",
            Self::Ec { curve: Curve::P384, .. } => "an EC key on P-384",
            Self::Ed25519(_) => "an Ed25519 key",
        }
    }
}

fn check_rsa(n: &[u8], e: &[u8]) -> Result<(), KeyError> {
    let bits = n.first().map_or(0, |first| {
        n.len().saturating_mul(8).saturating_sub(usize::try_from(first.leading_zeros()).unwrap_or_default())
    });
    if !(MIN_RSA_BITS..=MAX_RSA_BITS).contains(&bits) {
        return Err(KeyError::RsaSize { bits });
    }
    // 65537 is the three bytes 01 00 01. A longer exponent is larger, since there are no leading zeros.
    let is_odd = e.last().is_some_and(|last| last & 1 == 1);
    let is_large = e.len() > 3 || (e.len() == 3 && e >= [1, 0, 1].as_slice());
    if is_odd && is_large && e.len() <= 8 { Ok(()) } else { Err(KeyError::RsaExponent) }
}

/// The public key in PKCS#1 DER, which aws-lc-rs reads.
#[cfg(feature = "aws_lc_rs")]
pub(crate) fn rsa_public_to_der(n: &[u8], e: &[u8]) -> Result<Vec<u8>, KeyError> {
    let uint = |bytes| UintRef::new(bytes).map_err(|_| KeyError::Refused);
    pkcs1::RsaPublicKey { modulus: uint(n)?, public_exponent: uint(e)? }.to_der().map_err(|_| KeyError::Refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    // KEY-03
    #[test]
    fn weak_rsa_sizes_and_exponents_are_refused() {
        let modulus = |bits: usize| {
            let mut n = vec![0xff; bits.div_ceil(8)];
            n[0] = 0xff >> (n.len() * 8 - bits);
            n
        };
        let check = |bits: usize, e: &[u8]| check_rsa(&modulus(bits), e);
        for bits in [2048, 2049, 3072, 8192] {
            assert_eq!(check(bits, &[1, 0, 1]), Ok(()), "{bits}");
        }
        for bits in [0, 1, 1024, 2047, 8193, 16384] {
            assert_eq!(check(bits.max(1), &[1, 0, 1]), Err(KeyError::RsaSize { bits: bits.max(1) }), "{bits}");
        }
        assert_eq!(check_rsa(&[], &[1, 0, 1]), Err(KeyError::RsaSize { bits: 0 }));
        for e in [&[][..], &[1], &[3], &[0xff, 0xff], &[1, 0, 0], &[1, 0, 2], &[0, 0xff, 0xff], &[1; 9]] {
            assert_eq!(check(2048, e), Err(KeyError::RsaExponent), "{e:?}");
        }
        for e in [&[1, 0, 1][..], &[1, 0, 3], &[0xff, 0xff, 0xff], &[1, 0, 0, 1]] {
            assert_eq!(check(2048, e), Ok(()), "{e:?}");
        }
    }
}

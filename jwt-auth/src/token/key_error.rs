//! Why a key cannot be made or used.

use std::fmt;

use super::algorithm::Algorithm;

/// Why a key cannot be made or used.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyError {
    /// The secret has fewer bytes than the algorithm's hash (RFC 7518 section 3.2).
    TooShort {
        /// The algorithm it was meant for.
        algorithm: Algorithm,
        /// The least number of bytes.
        min: usize,
        /// The secret's number of bytes.
        found: usize,
    },
    /// The environment variable is not set, or is not Unicode.
    NotSet {
        /// Its name.
        variable: String,
    },
    /// The operating system gave no random numbers.
    Random,
    /// The crate was built without a crypto backend.
    NoCrypto,
    /// The crypto backend refused the key.
    Refused,
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort { algorithm, min, found } => write!(
                f,
                "the secret for {} has {found} bytes, at least {min} are needed; make one with `openssl rand -base64 {min}`",
                algorithm.name()
            ),
            Self::NotSet { variable } => write!(f, "the environment variable `{variable}` is not set"),
            Self::Random => f.write_str("the operating system gave no random numbers"),
            Self::NoCrypto => {
                f.write_str("no crypto backend; enable the feature `aws_lc_rs` or `rust_crypto` of jwt-auth")
            }
            Self::Refused => f.write_str("the crypto backend refused the key"),
        }
    }
}

/// The text, since this is what a `main` that returns the error prints.
impl fmt::Debug for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyError({self})")
    }
}

impl std::error::Error for KeyError {}

//! Why a key cannot be made or used.

use std::fmt;

use crate::cause::Cause;
use crate::jose::algorithm::Algorithm;

/// Why a key cannot be made or used. No text holds material.
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
    /// The secret is one that a person made up, or a well-known one (RFC 8725 section 3.5). The text says which.
    Weak(&'static str),
    /// What was given as an HMAC secret is a key of another kind: PEM, DER, OpenSSH or a JWK. Who knows the public half
    /// could sign with it.
    KeyAsSecret,
    /// The environment variable is not set, or is not Unicode.
    NotSet {
        /// Its name.
        variable: String,
    },
    /// The file cannot be read.
    File {
        /// Its path.
        path: String,
        /// Why, by the operating system.
        error: Cause,
    },
    /// The text or the bytes are no key of a format that is read. The text says what to give.
    Malformed(&'static str),
    /// The key is of another kind than the algorithm's.
    WrongKind {
        /// The algorithm it was meant for.
        algorithm: Algorithm,
        /// What was found.
        found: &'static str,
    },
    /// The RSA modulus has fewer than 2048 or more than 8192 bits (RFC 7518 section 3.3).
    RsaSize {
        /// Bits of the modulus.
        bits: usize,
    },
    /// The RSA public exponent is even or smaller than 65537.
    RsaExponent,
    /// A member of the JWK is absent, of the wrong form, or contradicts another (RFC 7517 section 4).
    Jwk(&'static str),
    /// Two keys have the same `kid`, or two have none.
    DuplicateName(Option<String>),
    /// The `kid` of a key that signs is longer than 256 bytes, so that none of its tokens would be accepted.
    LongName,
    /// HMAC secrets and public keys stand in one set, so that one could be taken for the other.
    MixedKinds,
    /// A set without a key.
    NoKey,
    /// No key of the set has this `kid`.
    Unknown(Option<String>),
    /// The key that signs cannot be retired; switch to another before.
    Signing,
    /// The keys come from an identity provider, which rotates them.
    Remote,
    /// The keys of an issuer cannot be fetched, for a reason that is known before the first attempt.
    Fetch(String),
    /// What the key signs, its own public half does not verify.
    SelfTest,
    /// The operating system gave no random numbers.
    Random,
    /// The crate was built without a crypto backend.
    NoCrypto,
    /// The crypto backend refused the key, such as a point that is not on the curve.
    Refused,
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort { algorithm, min, found } => write!(
                f,
                "the secret for {algorithm} has {found} bytes, at least {min} are needed; make one with `openssl rand -base64 {min}`",
            ),
            Self::Weak(reason) => {
                write!(f, "the secret {reason} and can be guessed; make one with `openssl rand -base64 48`")
            }
            Self::KeyAsSecret => f.write_str(
                "the secret is a key of another kind (PEM, DER, OpenSSH or a JWK); read it with `from_pem`, `from_der` or `from_jwk`",
            ),
            Self::NotSet { variable } => write!(
                f,
                "the environment variable `{variable}` is not set; for an HMAC secret make one with `openssl rand -base64 48`"
            ),
            Self::File { path, error } => write!(f, "the key file `{path}` cannot be read: {error}"),
            Self::Malformed(what) => write!(f, "this is no key; {what}"),
            Self::WrongKind { algorithm, found } => write!(f, "{algorithm} needs a key of its own kind, this is {found}"),
            Self::RsaSize { bits } => write!(f, "the RSA key has {bits} bits, 2048 to 8192 are needed"),
            Self::RsaExponent => f.write_str("the RSA key's public exponent is even or smaller than 65537"),
            Self::Jwk(what) => write!(f, "the JWK is not sound: {what}"),
            Self::DuplicateName(Some(kid)) => write!(f, "two keys are named `{}`; name one with `with_kid`", kid.escape_debug()),
            Self::DuplicateName(None) => f.write_str("two keys have no name; name one with `with_kid`"),
            Self::LongName => f.write_str("the key's name is longer than 256 bytes; give it a shorter one with `with_kid`"),
            Self::MixedKinds => f.write_str("HMAC secrets and public keys cannot be in one set; make them two backends"),
            Self::NoKey => f.write_str("the set holds no key that can be used"),
            Self::Unknown(Some(kid)) => write!(f, "no key is named `{}`", kid.escape_debug()),
            Self::Unknown(None) => f.write_str("every key has a name; say which"),
            Self::Signing => f.write_str("this key signs; switch to another with `switch_signing_key` before it is retired"),
            Self::Remote => f.write_str("these keys are fetched from their issuer, which rotates them"),
            Self::Fetch(error) => write!(f, "the keys cannot be fetched: {error}"),
            Self::SelfTest => f.write_str("what the key signs does not verify with its own public half"),
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
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for KeyError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::File { error, .. } => Some(error.as_error()),
            _ => None,
        }
    }
}

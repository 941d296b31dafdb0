//! Why a key cannot be made or used.

use std::fmt;

use crate::cause::Cause;
use crate::jose::algorithm::Algorithm;

/// Why a key cannot be made or used. The error texts never contain key data.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyError {
    /// The secret has fewer bytes than the algorithm's hash (RFC 7518 section 3.2).
    TooShort {
        /// The algorithm that the key was to be used with.
        algorithm: Algorithm,
        /// The minimum number of bytes.
        min: usize,
        /// The number of bytes of the secret.
        found: usize,
    },
    /// The secret can be guessed: a person seems to have made it up, or it contains a well-known word (RFC 8725 section
    /// 3.5). The text says what is weak.
    Weak(&'static str),
    /// The HMAC secret is a key of another kind: PEM, DER, OpenSSH or a JWK. If it is a public key, everybody who knows
    /// it could sign tokens.
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
        /// The error of the operating system.
        error: Cause,
    },
    /// The input is not a key in a supported format. The text says what to pass instead.
    Malformed(&'static str),
    /// The algorithm needs another kind of key.
    WrongKind {
        /// The algorithm that the key was to be used with.
        algorithm: Algorithm,
        /// The kind of the key.
        found: &'static str,
    },
    /// The RSA modulus has fewer than 2048 or more than 8192 bits (RFC 7518 section 3.3).
    RsaSize {
        /// Bits of the modulus.
        bits: usize,
    },
    /// The RSA public exponent is even or smaller than 65537.
    RsaExponent,
    /// A member of the JWK is missing, malformed, or contradicts another member (RFC 7517 section 4).
    Jwk(&'static str),
    /// Two keys have the same `kid`, or two keys have none.
    DuplicateName(Option<String>),
    /// The `kid` of the signing key is longer than 256 bytes, so none of its tokens would be accepted.
    LongName,
    /// The set has both HMAC secrets and public keys, and one of the secrets has no name. A set may have both kinds only
    /// if every token names its key.
    MixedKinds,
    /// The set has no key that can be used.
    NoKey,
    /// A JWK Set has no keys, or none that can be used. The text names each key and says why it was left out.
    NoneUsable(String),
    /// No key of the set has this `kid`.
    Unknown(Option<String>),
    /// The signing key cannot be retired. Switch to another key first.
    Signing,
    /// The keys are fetched from an identity provider, which rotates them itself.
    Remote,
    /// The settings do not allow the keys of an issuer to be fetched, for example because the URL is not `https`.
    Fetch(String),
    /// The public key does not verify the signatures of its private key.
    SelfTest,
    /// The operating system gave no random numbers.
    Random,
    /// The crate was built without a crypto backend.
    NoCrypto,
    /// The crypto backend refused the key, for example because a point is not on the curve.
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
            Self::Malformed(what) => write!(f, "this is not a supported key; {what}"),
            Self::WrongKind { algorithm, found } => write!(f, "{algorithm} needs another kind of key; this is {found}"),
            Self::RsaSize { bits } => write!(f, "the RSA key has {bits} bits, 2048 to 8192 are needed"),
            Self::RsaExponent => f.write_str("the RSA key's public exponent is even or smaller than 65537"),
            Self::Jwk(what) => write!(f, "the JWK cannot be used: {what}"),
            Self::DuplicateName(Some(kid)) => write!(f, "two keys are named `{}`; name one with `with_kid`", kid.escape_debug()),
            Self::DuplicateName(None) => f.write_str("two keys have no name; name one with `with_kid`"),
            Self::LongName => f.write_str("the key's name is longer than 256 bytes; give it a shorter one with `with_kid`"),
            Self::MixedKinds => f.write_str(
                "a set with an HMAC secret and a public key needs a name for each; name the secret with `with_kid`, wait for one `lifetime`, so that every token names its key, and then add the key pair",
            ),
            Self::NoKey => f.write_str("the set has no key that can be used"),
            Self::NoneUsable(text) => f.write_str(text),
            Self::Unknown(Some(kid)) => write!(f, "no key is named `{}`", kid.escape_debug()),
            Self::Unknown(None) => f.write_str("every key has a name; say which one"),
            Self::Signing => f.write_str("this is the signing key; switch to another one with `switch_signing_key` before you retire it"),
            Self::Remote => f.write_str("these keys are fetched from their issuer, which rotates them itself"),
            Self::Fetch(error) => write!(f, "the keys cannot be fetched: {error}"),
            Self::SelfTest => f.write_str("the public key does not verify the signatures of its private key"),
            Self::Random => f.write_str("the operating system gave no random numbers"),
            Self::NoCrypto => {
                f.write_str("no crypto backend; enable the feature `aws_lc_rs` or `rust_crypto` of jwt-auth")
            }
            Self::Refused => f.write_str("the crypto backend refused the key"),
        }
    }
}

/// The same text as `Display`, because Rust prints the `Debug` text of an error that `main` returns.
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

//! Refuses HMAC secrets that can be guessed, and keys of another kind (RFC 8725 section 3.5).

use crate::jose::algorithm::Algorithm;
use crate::jose::key_error::KeyError;

/// The length of unpadded base64 of 32 bytes. A shorter printable text has fewer than 256 random bits.
const MIN_PRINTABLE: usize = 43;
const MIN_DISTINCT_BYTES: usize = 8;

/// Words from documentation and tutorials. A random secret contains none of them.
const WELL_KNOWN: [&str; 12] = [
    "secret",
    "changeme",
    "change-me",
    "change_me",
    "password",
    "passw0rd",
    "qwerty",
    "123456",
    "abcdef0123",
    "example",
    "supersecure",
    "jwt-auth",
];

/// Refuses secrets that are too short, keys of another kind, and texts that a person seems to have made up.
pub(crate) fn check_secret(algorithm: Algorithm, secret: &[u8]) -> Result<(), KeyError> {
    if is_key(secret) {
        return Err(KeyError::KeyAsSecret);
    }
    let min = algorithm.min_secret_len();
    if secret.len() < min {
        return Err(KeyError::TooShort { algorithm, min, found: secret.len() });
    }
    let mut seen = [false; 256];
    for byte in secret {
        if let Some(seen) = seen.get_mut(usize::from(*byte)) {
            *seen = true;
        }
    }
    if seen.iter().filter(|seen| **seen).count() < MIN_DISTINCT_BYTES {
        return Err(KeyError::Weak("repeats a few characters"));
    }
    let is_printable = secret.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ');
    let lower = secret.to_ascii_lowercase();
    let holds = |text: &str| lower.windows(text.len()).any(|window| window == text.as_bytes());
    if is_printable && WELL_KNOWN.iter().any(|text| holds(text)) {
        return Err(KeyError::Weak("contains a well-known word"));
    }
    if is_printable && secret.len() < MIN_PRINTABLE {
        return Err(KeyError::Weak("is text of fewer than 43 characters"));
    }
    Ok(())
}

/// Whether the secret is a key in PEM, OpenSSH, JWK or DER format (CVE-2022-29217, CVE-2024-33663).
fn is_key(secret: &[u8]) -> bool {
    let text = secret.trim_ascii();
    let begins = |with: &str| {
        text.len() >= with.len()
            && text.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with.as_bytes()))
    };
    let is_text_key =
        ["-----begin", "---- begin", "ssh-", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-"].iter().any(|with| begins(with))
            || text.windows(10).any(|window| window.eq_ignore_ascii_case(b"-----begin"));
    let is_json = text.first() == Some(&b'{') && serde_json::from_slice::<serde_json::Value>(text).is_ok();
    is_text_key || is_json || is_der_sequence(secret)
}

/// Whether the bytes are one DER SEQUENCE and nothing else. A random secret looks like one with a probability of at
/// most 2^-24.
fn is_der_sequence(bytes: &[u8]) -> bool {
    match bytes {
        [0x30, length @ 0..=0x7f, rest @ ..] => rest.len() == usize::from(*length) && bytes.len() > 40,
        [0x30, 0x81, length, rest @ ..] => rest.len() == usize::from(*length),
        [0x30, 0x82, high, low, rest @ ..] => rest.len() == usize::from(u16::from_be_bytes([*high, *low])),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(secret: impl AsRef<[u8]>) -> Result<(), KeyError> {
        check_secret(Algorithm::HS256, secret.as_ref())
    }

    // KEY-02
    #[test]
    fn guessable_secrets_are_refused() {
        for (secret, reason) in [
            ("correct-horse-battery-staple-1234", "is text"),
            ("9182736450abcdefghijklmnopqrstuvwxyzABCDE", "is text"),
            ("my-super-Secret-that-is-much-longer-than-43-characters", "well-known"),
            ("your-256-bit-secret-your-256-bit-secret-your", "well-known"),
            ("PASSWORDpasswordPASSWORDpasswordPASSWORDpassword", "well-known"),
            ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "repeats"),
            ("abcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabc", "repeats"),
            ("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "repeats"),
        ] {
            assert!(matches!(check(secret), Err(KeyError::Weak(text)) if text.contains(reason)), "{secret}");
        }
        let random: Vec<u8> = (0..32).map(|n: u8| n.wrapping_mul(151).wrapping_add(77)).collect();
        assert_eq!(check(&random), Ok(()));
        assert_eq!(check("abcdefgh".repeat(7)), Ok(()), "8 characters are enough");
        assert!(check("abcdefg".repeat(7)).is_err());
        assert_eq!(check("q3v0J7mX2kD9fS1aLw8ZpT4cYb6NuRhGeVxKoMiQs5E"), Ok(()));
        assert_eq!(check("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"), Ok(()));
    }

    // KEY-04
    #[test]
    fn keys_of_another_kind_are_refused() {
        let der = [&[0x30, 0x59][..], &[7; 0x59]].concat();
        let long = [&[0x30, 0x82, 0x01, 0x22][..], &[7; 0x122]].concat();
        let middle = [&[0x30, 0x81, 0x9f][..], &[7; 0x9f]].concat();
        for secret in [
            b"-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----".to_vec(),
            b"  \n\t-----begin RSA PUBLIC KEY-----".to_vec(),
            b"Bag Attributes: none\n-----BEGIN CERTIFICATE-----\nMIIB".to_vec(),
            b"ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC7 me@example.com".to_vec(),
            b"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI".to_vec(),
            b"ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTY".to_vec(),
            br#" {"kty":"RSA","n":"AQAB","e":"AQAB"}"#.to_vec(),
            der,
            middle,
            long,
        ] {
            assert_eq!(check(&secret), Err(KeyError::KeyAsSecret), "{}", String::from_utf8_lossy(&secret));
        }
        let short = |length: u8| [&[0x30, length][..], &vec![7; usize::from(length)]].concat();
        assert!(!is_der_sequence(&short(38)) && is_der_sequence(&short(39)), "a key is longer than 40 bytes");
        assert!(!is_key(b"{this is no JSON, and as random as text can be 8f3a}"));
        assert!(!is_der_sequence(&[0x30, 0x59, 7]) && !is_der_sequence(&[]) && !is_der_sequence(&[0x30]));
    }

    // KEY-01
    #[test]
    fn a_secret_is_at_least_as_long_as_the_hash() {
        let bytes: Vec<u8> = (0..=255).collect();
        for (algorithm, min) in [(Algorithm::HS256, 32), (Algorithm::HS384, 48), (Algorithm::HS512, 64)] {
            assert_eq!(check_secret(algorithm, &bytes[128..128 + min]), Ok(()));
            let short = KeyError::TooShort { algorithm, min, found: min - 1 };
            assert_eq!(check_secret(algorithm, &bytes[128..127 + min]), Err(short));
            assert!(check_secret(algorithm, b"").is_err());
        }
    }
}

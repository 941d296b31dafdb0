//! The compact serialization (RFC 7515 section 7.1): three non-empty base64url segments.

use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use base64::{DecodeSliceError, Engine};

use crate::jose::error::TokenError;

/// The longest token that we issue, in bytes, and the longest that is accepted unless the issuer's policy says otherwise.
pub(crate) const MAX_LENGTH: usize = 8 * 1024;

/// The credential as text. Its length is checked first.
pub(crate) fn text(bytes: &[u8], max_length: usize) -> Result<&str, TokenError> {
    if bytes.len() > max_length {
        return Err(TokenError::TooLong);
    }
    // Without a dot it is not a token. The loop does not stop early, so that the compiler can compare many bytes at
    // once.
    if !bytes.iter().fold(false, |found, byte| found | (*byte == b'.')) {
        return Err(TokenError::NotCompact);
    }
    std::str::from_utf8(bytes).map_err(|_| TokenError::NotCompact)
}

/// The parts of a token, still encoded.
#[derive(Debug)]
pub(crate) struct Compact<'t> {
    pub(crate) header: &'t str,
    pub(crate) payload: &'t str,
    pub(crate) signature: &'t str,
    /// `header.payload`, the bytes that were signed.
    pub(crate) signing_input: &'t str,
}

impl<'t> Compact<'t> {
    /// Splits a token without allocating. The caller has checked its length.
    pub(crate) fn parse(token: &'t str) -> Result<Self, TokenError> {
        let parts = Self::parse_jws(token)?;
        if parts.payload.is_empty() { Err(TokenError::NotCompact) } else { Ok(parts) }
    }

    /// Like [`parse`](Self::parse), but the payload may be empty, as in a JWS that is not a token.
    pub(crate) fn parse_jws(token: &'t str) -> Result<Self, TokenError> {
        let (signing_input, signature) = token.rsplit_once('.').ok_or(TokenError::NotCompact)?;
        let (header, payload) = signing_input.split_once('.').ok_or(TokenError::NotCompact)?;
        // One loop that does not stop early, so that the compiler can compare many bytes at once.
        let legal = token.bytes().fold(true, |legal, byte| legal & (is_base64url(byte) | (byte == b'.')));
        if legal && !payload.contains('.') && !header.is_empty() && !signature.is_empty() {
            Ok(Self { header, payload, signature, signing_input })
        } else {
            Err(TokenError::NotCompact)
        }
    }
}

impl Compact<'_> {
    /// The length of the token in bytes.
    pub(crate) fn length(&self) -> usize {
        self.signing_input.len().saturating_add(1).saturating_add(self.signature.len())
    }
}

fn is_base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() | (byte == b'-') | (byte == b'_')
}

/// Decodes canonical base64url: no padding, and the trailing bits are zero.
pub(crate) fn decode(segment: &str) -> Result<Vec<u8>, TokenError> {
    // `decode` of the crate zeroes its buffer first, which costs more than letting this one grow.
    let mut bytes = Vec::new();
    URL_SAFE_NO_PAD.decode_vec(segment, &mut bytes).map_err(|_| TokenError::NotBase64Url)?;
    Ok(bytes)
}

/// Like [`decode`], but into a buffer on the stack, which is large enough for every signature.
pub(crate) fn decode_signature<'b>(segment: &str, buffer: &'b mut [u8; MAX_SIGNATURE]) -> Result<&'b [u8], TokenError> {
    let length = URL_SAFE_NO_PAD.decode_slice(segment, buffer).map_err(|error| match error {
        DecodeSliceError::DecodeError(_) => TokenError::NotBase64Url,
        DecodeSliceError::OutputSliceTooSmall => TokenError::Signature,
    })?;
    buffer.get(..length).ok_or(TokenError::Signature)
}

/// Like [`decode`], but for exactly 16 bytes and without allocating.
pub(crate) fn decode_16(segment: &str) -> Option<[u8; 16]> {
    // The decoder needs room for its own estimate of the length, which is too high.
    let mut bytes = [0; 18];
    let length = URL_SAFE_NO_PAD.decode_slice(segment, &mut bytes).ok()?;
    bytes.first_chunk().filter(|_| length == 16).copied()
}

/// The longest signature that is accepted, in bytes: that of an RSA key of 8192 bits.
pub(crate) const MAX_SIGNATURE: usize = 1024;

/// Appends `bytes` to `text` in base64url.
pub(crate) fn encode_to(bytes: &[u8], text: &mut String) {
    URL_SAFE_NO_PAD.encode_string(bytes, text);
}

pub(crate) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    // JWS-01, JWS-12
    #[test]
    fn a_token_is_three_base64url_segments() {
        let token = Compact::parse("aA0-_.b.c").unwrap();
        assert_eq!((token.header, token.payload, token.signature, token.signing_input), ("aA0-_", "b", "c", "aA0-_.b"));
        for bad in [
            "",
            ".",
            "..",
            "a.b",
            "a.b.",
            ".b.c",
            "a..c",
            "a.b.c.d",
            "a.b.c.d.e",
            "a.b.c ",
            " a.b.c",
            "a.b=.c",
            "a.b+.c",
            "a.b/.c",
            "a.%62.c",
            "\"a.b.c\"",
            "{a.b.c",
            "a.b\0.c",
            "a.ü.c",
            "a.b.c\n",
        ] {
            assert_eq!(Compact::parse(bad).unwrap_err(), TokenError::NotCompact, "{bad:?}");
        }
    }

    // JWS-02
    #[test]
    fn base64url_is_canonical() {
        assert_eq!(decode("QQ"), Ok(b"A".to_vec()));
        for bad in ["QR", "Q", "QQ==", "QQ=", "QUE=", "QUF", "QUJDR"] {
            assert_eq!(decode(bad), Err(TokenError::NotBase64Url), "{bad}");
        }
    }

    // JWS-03
    #[test]
    fn the_length_is_capped() {
        let longest = format!("a.b.{}", "c".repeat(MAX_LENGTH - 4));
        assert_eq!(text(longest.as_bytes(), MAX_LENGTH), Ok(longest.as_str()));
        assert_eq!(Compact::parse(&longest).unwrap().length(), MAX_LENGTH);
        assert_eq!(text((longest + "c").as_bytes(), MAX_LENGTH), Err(TokenError::TooLong));
        assert_eq!(text(".".repeat(1 << 20).as_bytes(), MAX_LENGTH), Err(TokenError::TooLong));
    }

    proptest::proptest! {
        // REL-01
        #[test]
        fn no_text_panics(text in ".*") {
            if let Ok(token) = Compact::parse(&text) {
                let _ = (decode(token.header), decode(token.payload), decode(token.signature));
            }
        }
    }
}

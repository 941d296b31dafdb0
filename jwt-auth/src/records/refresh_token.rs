//! The secrets of a session, and the refresh token that they make.
//!
//! A refresh token has two secrets. The *family* secret stays the same for the whole session and names it; the *changing* secret
//! is new with each use. If a token has the right family secret and an unknown changing secret, it is an old token of that
//! session, however old. So the store keeps nothing about old tokens. The changing secrets are independent: the newest cannot be
//! derived from an old one.

use std::fmt;

use zeroize::Zeroizing;

use crate::jose::compact;
use crate::records::names::{SealedSuccessor, SessionId, TokenHash};
use crate::store::error::StoreError;
use crate::store::subject_tag::SubjectTag;
use crate::store::subject_tag::{digest, first_half, random};

/// The only format of refresh tokens so far.
const FORM: u8 = 1;
const LENGTH: usize = 69;

/// The secret that names a session. The session's id is a hash of it.
#[derive(Clone)]
pub(crate) struct FamilySecret(Zeroizing<[u8; 20]>);

impl FamilySecret {
    pub(crate) fn random() -> Result<Self, StoreError> {
        random().map(Self)
    }

    pub(crate) fn session(&self, tag: SubjectTag) -> Result<SessionId, StoreError> {
        digest("jwt-auth session", &[&tag.0, self.0.as_ref()]).map(first_half).map(SessionId)
    }
}

/// The secret that is new with each use.
#[derive(Clone)]
pub(crate) struct ChangingSecret(Zeroizing<[u8; 32]>);

impl ChangingSecret {
    pub(crate) fn random() -> Result<Self, StoreError> {
        random().map(Self)
    }

    pub(crate) fn hash(&self) -> Result<TokenHash, StoreError> {
        digest("jwt-auth refresh", &[self.0.as_ref()]).map(TokenHash)
    }

    /// Encrypts the successor with a key that is derived from this secret, so only a holder of this secret can decrypt it.
    pub(crate) fn seal(&self, next: &Self, session: SessionId) -> Result<SealedSuccessor, StoreError> {
        self.mask(*next.0, session).map(|bytes| SealedSuccessor(*bytes))
    }

    /// The successor that was sealed with this secret.
    pub(crate) fn open(&self, sealed: SealedSuccessor, session: SessionId) -> Result<Self, StoreError> {
        self.mask(sealed.0, session).map(Self)
    }

    fn mask(&self, bytes: [u8; 32], session: SessionId) -> Result<Zeroizing<[u8; 32]>, StoreError> {
        let key = Zeroizing::new(digest("jwt-auth successor", &[self.0.as_ref(), &session.0])?);
        let mut bytes = Zeroizing::new(bytes);
        bytes.iter_mut().zip(key.iter()).for_each(|(byte, key)| *byte ^= key);
        Ok(bytes)
    }
}

/// A refresh token. It contains the subject's tag, which names the document.
#[derive(Clone)]
pub(crate) struct RefreshToken {
    pub(crate) tag: SubjectTag,
    pub(crate) family: FamilySecret,
    pub(crate) changing: ChangingSecret,
}

impl RefreshToken {
    /// The first token of a new session.
    pub(crate) fn random(tag: SubjectTag) -> Result<Self, StoreError> {
        Ok(Self { tag, family: FamilySecret::random()?, changing: ChangingSecret::random()? })
    }

    /// `None` if the text is not one of our refresh tokens.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(compact::decode(text).ok()?);
        let (form, rest) = bytes.split_first()?;
        let (tag, rest) = rest.split_first_chunk::<16>()?;
        let (family, rest) = rest.split_first_chunk::<20>()?;
        let changing: [u8; 32] = rest.try_into().ok()?;
        (*form == FORM).then(|| Self {
            tag: SubjectTag(*tag),
            family: FamilySecret(Zeroizing::new(*family)),
            changing: ChangingSecret(Zeroizing::new(changing)),
        })
    }

    /// The text of the token: 92 characters.
    pub(crate) fn text(&self) -> Zeroizing<String> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(LENGTH));
        bytes.push(FORM);
        bytes.extend_from_slice(&self.tag.0);
        bytes.extend_from_slice(self.family.0.as_ref());
        bytes.extend_from_slice(self.changing.0.as_ref());
        Zeroizing::new(compact::encode(&bytes))
    }

    pub(crate) fn session(&self) -> Result<SessionId, StoreError> {
        self.family.session(self.tag)
    }

    /// A new token of the same session.
    pub(crate) fn successor(&self) -> Result<Self, StoreError> {
        ChangingSecret::random().map(|changing| self.with_changing(changing))
    }

    /// The token of the same session with this secret.
    pub(crate) fn with_changing(&self, changing: ChangingSecret) -> Self {
        Self { changing, ..self.clone() }
    }
}

impl fmt::Debug for FamilySecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FamilySecret(..)")
    }
}

impl fmt::Debug for ChangingSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChangingSecret(..)")
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefreshToken").field("tag", &self.tag).finish_non_exhaustive()
    }
}

#[cfg(all(test, any(feature = "aws_lc_rs", feature = "rust_crypto")))]
mod tests {
    use super::*;

    fn token() -> RefreshToken {
        RefreshToken::random(SubjectTag::new("issuer", "subject").unwrap()).unwrap()
    }

    // REF-09
    #[test]
    fn a_token_is_read_as_it_was_written_and_prints_no_secret() {
        let one = token();
        let text = one.text();
        assert_eq!(text.len(), 92);
        let again = RefreshToken::parse(&text).unwrap();
        assert_eq!(*again.text(), *text);
        assert_eq!(again.session().unwrap(), one.session().unwrap());
        assert_eq!(again.changing.hash().unwrap(), one.changing.hash().unwrap());
        assert_ne!(*token().text(), *text);
        for other in ["", "AQ", &text[1..], &text[..91], &format!("{}A", *text), &text.replacen('A', "B", 1)] {
            assert!(RefreshToken::parse(other).is_none_or(|other| *other.text() != *text), "{other}");
        }
        assert!(RefreshToken::parse(&format!("Ag{}", &text[2..])).is_none(), "an unknown form");
        let printed = format!("{one:?} {:?} {:?} {:?}", one.family, one.changing, one.changing.hash().unwrap());
        let secret = compact::encode(one.changing.0.as_ref());
        assert!(!printed.contains(&secret) && printed.contains(".."), "{printed}");
    }

    #[test]
    fn only_the_token_before_opens_a_sealed_successor_and_only_of_its_session() {
        let (one, other, next) = (token(), token(), ChangingSecret::random().unwrap());
        let session = one.session().unwrap();
        let sealed = one.changing.seal(&next, session).unwrap();
        let hash = |secret: ChangingSecret| secret.hash().unwrap();
        assert_eq!(hash(one.changing.open(sealed, session).unwrap()), next.hash().unwrap());
        assert_ne!(hash(other.changing.open(sealed, session).unwrap()), next.hash().unwrap());
        assert_ne!(hash(one.changing.open(sealed, other.session().unwrap()).unwrap()), next.hash().unwrap());
        let following = one.with_changing(next);
        assert_eq!(following.session().unwrap(), session);
    }
}

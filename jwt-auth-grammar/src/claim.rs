//! The claims that the library sets and reads itself.

use crate::scope::is_scope;

/// A claim that the library sets and reads itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegisteredClaim {
    /// The name in the token.
    pub name: &'static str,
    /// What it says, for messages.
    pub meaning: &'static str,
}

/// An optional registered claim that holds text. To add one, add a variant here and a line in
/// [`ALL`](Self::ALL) and in `facts`. The claim is then read, checked and issued, and no user claim may have its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum TextClaim {
    /// `scope`.
    Scope,
    /// `client_id`.
    ClientId,
    /// `sid`.
    Session,
}

/// The properties of a [`TextClaim`].
struct Facts {
    name: &'static str,
    meaning: &'static str,
    is_valid: fn(&str) -> bool,
}

impl TextClaim {
    /// All text claims, in the order in which they are written into a token.
    pub const ALL: [Self; 3] = [Self::Scope, Self::ClientId, Self::Session];

    const fn facts(self) -> Facts {
        match self {
            Self::Scope => Facts { name: "scope", meaning: "the granted scopes", is_valid: is_scope },
            Self::ClientId => Facts { name: "client_id", meaning: "the OAuth client", is_valid: |_| true },
            Self::Session => Facts { name: "sid", meaning: "the session", is_valid: is_identifier },
        }
    }

    /// The text claim of this name.
    #[inline]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|claim| claim.name() == name)
    }

    /// Its name in a token.
    #[inline]
    pub const fn name(self) -> &'static str {
        self.facts().name
    }

    /// Whether a text can be its value.
    #[inline]
    pub fn is_valid(self, text: &str) -> bool {
        (self.facts().is_valid)(text)
    }
}

/// The longest `sub`, `jti` and `sid`, in bytes: stores keep them in columns and keys.
const MAX_IDENTIFIER: usize = 255;

/// Whether a text can be a `sub`, `jti` or `sid`: 1 to 255 bytes without control characters.
#[inline]
pub fn is_identifier(text: &str) -> bool {
    (1..=MAX_IDENTIFIER).contains(&text.len()) && (is_visible_ascii(text) || !text.chars().any(char::is_control))
}

/// True for most identifiers. Looks at every byte without an early return, so that the compiler compares many at once.
fn is_visible_ascii(text: &str) -> bool {
    text.bytes().fold(true, |is_visible, byte| is_visible & matches!(byte, 0x20..=0x7e))
}

/// The registered claims that are not a [`TextClaim`].
const OTHERS: [RegisteredClaim; 7] = [
    RegisteredClaim { name: "iss", meaning: "the issuer" },
    RegisteredClaim { name: "sub", meaning: "the user id" },
    RegisteredClaim { name: "aud", meaning: "the audience" },
    RegisteredClaim { name: "exp", meaning: "the time of expiry" },
    RegisteredClaim { name: "nbf", meaning: "the time from which the token is valid" },
    RegisteredClaim { name: "iat", meaning: "the time of issue" },
    RegisteredClaim { name: "jti", meaning: "the token's id" },
];

/// All registered claims (RFC 7519 section 4.1, RFC 9068 section 2.2, and `sid` of OpenID Connect). Neither a field of
/// the user nor an extra claim can have one of these names.
pub fn registered() -> impl Iterator<Item = RegisteredClaim> {
    let texts =
        TextClaim::ALL.into_iter().map(|claim| RegisteredClaim { name: claim.name(), meaning: claim.facts().meaning });
    OTHERS.into_iter().chain(texts)
}

/// The registered claim of this name.
pub fn find(name: &str) -> Option<RegisteredClaim> {
    registered().find(|claim| claim.name == name)
}

/// Whether the library sets the claim of this name itself.
#[inline]
pub fn is_registered(name: &str) -> bool {
    registered().any(|claim| claim.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_names() {
        for (at, claim) in TextClaim::ALL.into_iter().enumerate() {
            assert_eq!((claim as usize, TextClaim::from_name(claim.name())), (at, Some(claim)));
        }
        assert_eq!(TextClaim::from_name("sub"), None);
        assert!(TextClaim::Scope.is_valid("a b") && !TextClaim::Scope.is_valid("a  b"));
        assert!(!TextClaim::Session.is_valid("") && !TextClaim::Session.is_valid("a\n"));
    }

    #[test]
    fn every_name_is_listed_once() {
        for (at, claim) in registered().enumerate() {
            assert!(is_registered(claim.name) && !claim.meaning.is_empty());
            assert!(registered().take(at).all(|other| other.name != claim.name), "{}", claim.name);
            assert_eq!(find(claim.name), Some(claim));
        }
        assert!(!is_registered("plan") && !is_registered("ISS") && find("").is_none());
    }
}

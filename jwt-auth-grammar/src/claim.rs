//! The claims that the library sets and reads itself.

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegisteredClaim {
    /// The name in the token.
    pub name: &'static str,
    /// What it says, for messages.
    pub meaning: &'static str,
}

/// All of them (RFC 7519 section 4.1, RFC 9068 section 2.2, and `sid` of OpenID Connect). Neither a field of the user
/// nor an extra claim can have one of these names.
pub const REGISTERED: [RegisteredClaim; 10] = [
    RegisteredClaim { name: "iss", meaning: "the issuer" },
    RegisteredClaim { name: "sub", meaning: "the user id" },
    RegisteredClaim { name: "aud", meaning: "the audience" },
    RegisteredClaim { name: "exp", meaning: "the time of expiry" },
    RegisteredClaim { name: "nbf", meaning: "the time from which the token is valid" },
    RegisteredClaim { name: "iat", meaning: "the time of issue" },
    RegisteredClaim { name: "jti", meaning: "the token's id" },
    RegisteredClaim { name: "scope", meaning: "the granted scopes" },
    RegisteredClaim { name: "client_id", meaning: "the OAuth client" },
    RegisteredClaim { name: "sid", meaning: "the session" },
];

/// The registered claim of this name.
pub fn find(name: &str) -> Option<RegisteredClaim> {
    REGISTERED.into_iter().find(|claim| claim.name == name)
}

/// Whether the library sets the claim of this name itself.
#[inline]
pub fn is_registered(name: &str) -> bool {
    REGISTERED.iter().any(|claim| claim.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_listed_once() {
        for (at, claim) in REGISTERED.iter().enumerate() {
            assert!(is_registered(claim.name) && !claim.meaning.is_empty());
            assert!(REGISTERED[..at].iter().all(|other| other.name != claim.name), "{}", claim.name);
            assert_eq!(find(claim.name), Some(*claim));
        }
        assert!(!is_registered("plan") && !is_registered("ISS") && find("").is_none());
    }
}

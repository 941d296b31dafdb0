//! The three kinds of backend.

/// The value of `kind = "..."`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A token in a header.
    Bearer,
    /// A token in a cookie, or in a header.
    Cookie,
    /// A token endpoint, and a token in a header or a cookie.
    OAuth2,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Bearer, Self::Cookie, Self::OAuth2];
    /// Every name.
    pub const NAMES: [&str; 3] = ["bearer", "cookie", "oauth2"];

    /// The name of the kind in the attribute.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bearer => "bearer",
            Self::Cookie => "cookie",
            Self::OAuth2 => "oauth2",
        }
    }

    /// The kind of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_kinds_agree() {
        assert_eq!(Kind::ALL.map(Kind::name), Kind::NAMES);
        assert_eq!(Kind::NAMES.map(Kind::from_name), Kind::ALL.map(Some));
        assert_eq!(Kind::from_name("Bearer"), None);
    }
}

//! The cookie that carries a token: its defaults, and the rules of RFC 6265bis that a declaration or a deployment can break.

use crate::error::SyntaxError;
use crate::text::first_that;
use crate::token::not_of_a_token;

/// The name and the attributes of a cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cookie<'c> {
    /// `cookie(name = "...")`.
    pub name: &'c str,
    /// `cookie(path = "...")`.
    pub path: &'c str,
    /// The `Domain` attribute, a setting of the deployment.
    pub domain: Option<&'c str>,
    /// The `Secure` attribute, a setting of the deployment.
    pub secure: bool,
    /// `cookie(same_site = "...")`.
    pub same_site: SameSite,
}

/// The `SameSite` attribute of a cookie (RFC 6265bis section 4.1.2.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SameSite {
    /// Never sent from another site.
    Strict,
    /// Sent from another site on top-level navigation by a safe method.
    Lax,
    /// Always sent; needs `Secure`.
    None,
}

/// The beginning of a cookie name that requires `Secure`.
pub const SECURE_PREFIX: &str = "__Secure-";
/// The beginning of a cookie name that requires `Secure` and `HttpOnly`. Our cookies are always `HttpOnly`.
const HTTP_PREFIX: &str = "__Http-";
/// The beginning of a cookie name that requires `Secure`, `Path=/` and no `Domain`.
pub const HOST_PREFIX: &str = "__Host-";

/// The attributes that the name of a cookie requires (RFC 6265bis section 4.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prefix {
    /// Nothing.
    None,
    /// `__Secure-` and `__Http-`: `Secure`.
    Secure,
    /// `__Host-`: `Secure`, `Path=/` and no `Domain`.
    Host,
}

/// Two parts of a cookie that browsers do not accept together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conflict {
    /// A `__Host-` name and a path other than `/`.
    Path,
    /// A `__Host-` name and a domain.
    Domain,
    /// A `__Host-` or `__Secure-` name without `Secure`.
    Secure,
    /// `SameSite=None` without `Secure`.
    SameSite,
}

impl Cookie<'static> {
    /// The cookie unless the declaration says otherwise: its name has the prefix with the strictest rules.
    pub const DEFAULT: Self =
        Self { name: "__Host-token", path: "/", domain: None, secure: true, same_site: SameSite::Lax };
}

impl Cookie<'_> {
    /// Every reason why a browser would drop this cookie.
    pub fn conflicts(&self) -> Vec<Conflict> {
        let prefix = Prefix::of(self.name);
        let is_host = prefix == Prefix::Host;
        let needs_secure = prefix != Prefix::None && !self.secure;
        let all = [
            (Conflict::Path, is_host && self.path != "/"),
            (Conflict::Domain, is_host && self.domain.is_some()),
            (Conflict::Secure, needs_secure),
            (Conflict::SameSite, !needs_secure && !self.secure && self.same_site == SameSite::None),
        ];
        all.into_iter().filter_map(|(conflict, is_so)| is_so.then_some(conflict)).collect()
    }
}

impl SameSite {
    /// The values that `same_site = "..."` accepts.
    pub const NAMES: [&str; 3] = ["strict", "lax", "none"];

    /// The value of `same_site = "..."`.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Strict, Self::Lax, Self::None]
            .into_iter()
            .zip(Self::NAMES)
            .find_map(|(value, own)| (own == name).then_some(value))
    }
}

impl Prefix {
    /// The prefix of a name. Browsers compare it without regard to case.
    pub fn of(name: &str) -> Self {
        match () {
            () if strip(name, HOST_PREFIX).is_some() => Self::Host,
            () if strip(name, SECURE_PREFIX).or_else(|| strip(name, HTTP_PREFIX)).is_some() => Self::Secure,
            () => Self::None,
        }
    }
}

/// A cookie name without its prefix: `token` for `__Host-token`.
pub fn without_prefix(name: &str) -> &str {
    [HOST_PREFIX, SECURE_PREFIX, HTTP_PREFIX].into_iter().find_map(|prefix| strip(name, prefix)).unwrap_or(name)
}

fn strip<'n>(name: &'n str, prefix: &str) -> Option<&'n str> {
    let (start, rest) = name.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// Checks the name of a cookie.
///
/// # Errors
///
/// If the name is not a `token` (RFC 6265bis section 4.1.1).
pub fn check_name(name: &str) -> Result<(), SyntaxError> {
    let message = "a cookie name can contain only letters, digits, `-` and `_`; use `\"token\"`";
    not_of_a_token(name).map_or(Ok(()), |wrong| Err(SyntaxError::new(name, wrong, message)))
}

/// Checks the path that a cookie is sent to.
///
/// # Errors
///
/// If the path does not start with `/` or would end the attribute.
pub fn check_path(path: &str) -> Result<(), SyntaxError> {
    if !path.starts_with('/') {
        return Err(SyntaxError::new(path, path, format!("the path must start with `/`; use `\"/{path}\"`")));
    }
    let message = "a cookie path must be ASCII without `;` and spaces; use `\"/\"`";
    let wrong = first_that(path, |character| character == ';' || !character.is_ascii_graphic());
    wrong.map_or(Ok(()), |wrong| Err(SyntaxError::new(path, wrong, message)))
}

/// Checks the domain that a cookie is sent to.
///
/// # Errors
///
/// If the domain is not a host name in lower case with at least two labels. Browsers do not share a cookie between the hosts of
/// a domain of one label, and an IP address is no domain (RFC 6265bis section 5.1.3).
pub fn check_domain(domain: &str) -> Result<(), SyntaxError> {
    let is_legal = |character: char| {
        character.is_ascii_lowercase() || character.is_ascii_digit() || character == '.' || character == '-'
    };
    let labels = || domain.split('.');
    let is_label = |label: &&str| (1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-');
    let is_number = |label: &str| label.bytes().all(|byte| byte.is_ascii_digit());
    let wrong = first_that(domain, |character| !is_legal(character))
        .or_else(|| domain.get(..1).filter(|first| *first == "."))
        .or_else(|| labels().find(|label| !is_label(label)))
        .or_else(|| (labels().count() < 2 || labels().next_back().is_none_or(is_number)).then_some(domain))
        .or_else(|| (domain.len() > 253).then_some(domain));
    let message = "a cookie domain must be a host name in lower case with at least two labels; use `\"example.com\"`";
    wrong.map_or(Ok(()), |wrong| Err(SyntaxError::new(domain, wrong, message)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_kept_by_browsers() {
        assert!(check_name(Cookie::DEFAULT.name).is_ok() && check_path(Cookie::DEFAULT.path).is_ok());
        assert_eq!(Cookie::DEFAULT.conflicts(), []);
        assert_eq!(Prefix::of(Cookie::DEFAULT.name), Prefix::Host);
    }

    #[test]
    fn a_prefix_asks_for_its_attributes() {
        let host = Cookie::DEFAULT;
        assert_eq!(
            Cookie { path: "/app", domain: Some("a.b"), ..host }.conflicts(),
            [Conflict::Path, Conflict::Domain]
        );
        assert_eq!(Cookie { secure: false, same_site: SameSite::None, ..host }.conflicts(), [Conflict::Secure]);
        let secure = Cookie { name: "__secure-t", path: "/app", domain: Some("a.b"), ..host };
        assert_eq!(secure.conflicts(), []);
        assert_eq!(Cookie { secure: false, ..secure }.conflicts(), [Conflict::Secure]);
        let plain = Cookie { name: "t", secure: false, ..secure };
        assert_eq!(plain.conflicts(), []);
        assert_eq!(Cookie { same_site: SameSite::None, ..plain }.conflicts(), [Conflict::SameSite]);
    }

    #[test]
    fn a_prefix_is_found_in_any_case() {
        for (name, prefix, rest) in [
            ("__Host-token", Prefix::Host, "token"),
            ("__SECURE-token", Prefix::Secure, "token"),
            ("__Http-token", Prefix::Secure, "token"),
            ("token", Prefix::None, "token"),
            ("__Host", Prefix::None, "__Host"),
            ("üüüüü", Prefix::None, "üüüüü"),
        ] {
            assert_eq!((Prefix::of(name), without_prefix(name)), (prefix, rest));
        }
    }

    #[test]
    fn every_part_is_valid_or_refused() {
        assert_eq!(check_name("my token").unwrap_err().at(), 2..3);
        assert!(check_path("/app").is_ok() && check_domain("a-1.example.com").is_ok());
        assert!(check_path("app").unwrap_err().to_string().contains("`\"/app\"`"));
        assert_eq!(check_path("/a;b").unwrap_err().at(), 2..3);
        assert_eq!(check_domain(".example.com").unwrap_err().at(), 0..1);
        assert_eq!(check_domain("Example.com").unwrap_err().at(), 0..1);
        for wrong in ["", "a..b", "a.b.", "-a.b", "a-.b", "localhost", "com", "127.0.0.1", "a.b:80", "a.b;", "[::1]"] {
            assert!(check_domain(wrong).is_err(), "{wrong}");
        }
        for name in SameSite::NAMES {
            assert!(format!("{:?}", SameSite::from_name(name).unwrap()).eq_ignore_ascii_case(name));
        }
        assert_eq!(SameSite::from_name("Lax"), None);
    }
}

//! An issuer for each tenant: a name with one placeholder, and the application's check of what stands in its place.

use std::fmt;
use std::sync::Arc;

use crate::catch_panic::catch_panic;

/// The name of an issuer with one placeholder in braces, such as `https://login.example.com/{tenant}/v2.0`. The placeholder stands
/// for one segment of the path, or for one label of the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template {
    text: String,
    before: String,
    after: String,
    is_in_host: bool,
}

impl Template {
    /// The error says what is wrong with the text.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let one_placeholder = "it needs exactly one placeholder in braces, such as `https://id.example.com/{tenant}`";
        let (before, rest) = text.split_once('{').ok_or(one_placeholder)?;
        let (name, after) = rest.split_once('}').ok_or(one_placeholder)?;
        if name.is_empty() || [name, before, after].iter().any(|part| part.contains(['{', '}'])) {
            return Err(one_placeholder);
        }
        let authority = before.split_once("://").map_or(before, |(_, authority)| authority);
        let is_in_host = !authority.contains('/');
        let is_whole = if is_in_host {
            (before.ends_with("//") || before.ends_with('.')) && after.starts_with('.')
        } else {
            before.ends_with('/') && (after.is_empty() || after.starts_with('/'))
        };
        if !is_whole {
            return Err(
                "the placeholder must be a whole segment of the path, or a whole label of the host before a domain",
            );
        }
        let (before, after) = (before.to_owned(), after.to_owned());
        Ok(Self { text: text.to_owned(), before, after, is_in_host })
    }

    /// The template as it was written.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Whether both describe the same names.
    pub(crate) fn has_shape_of(&self, other: &Self) -> bool {
        self.before == other.before && self.after == other.after
    }

    /// The text in place of the placeholder. `None` if the name does not fit, or if the text is no single segment or label.
    pub(crate) fn tenant_of<'n>(&self, name: &'n str) -> Option<&'n str> {
        let tenant = name.strip_prefix(self.before.as_str())?.strip_suffix(self.after.as_str())?;
        let is_legal =
            |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || (!self.is_in_host && b"._~".contains(&byte));
        let is_dots = tenant.bytes().all(|byte| byte == b'.');
        (!is_dots && tenant.len() <= 255 && tenant.bytes().all(is_legal)).then_some(tenant)
    }
}

/// The application's answer to the question whether a tenant is one of its own.
#[derive(Clone)]
pub(crate) struct TenantCheck(Arc<dyn Fn(&str) -> bool + Send + Sync>);

impl TenantCheck {
    pub(crate) fn new(check: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(check))
    }

    /// A check that panics allows nothing.
    pub(crate) fn allows(&self, tenant: &str) -> bool {
        catch_panic(|| (self.0)(tenant)).unwrap_or(false)
    }
}

impl fmt::Debug for TenantCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TenantCheck")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // ISS-06
    #[test]
    fn a_placeholder_is_one_segment_or_one_label() {
        let tenant = |template: &str, name: &str| Template::parse(template).unwrap().tenant_of(name).map(str::to_owned);
        let segment = "https://login.example.com/{tenant}/v2.0";
        assert_eq!(tenant(segment, "https://login.example.com/a-1/v2.0").as_deref(), Some("a-1"));
        for name in [
            "https://login.example.com/a/b/v2.0",
            "https://login.example.com//v2.0",
            "https://login.example.com/../v2.0",
            "https://login.example.com/a%2fb/v2.0",
            "https://login.example.com/a/v2.0/",
            "https://LOGIN.example.com/a/v2.0",
            "https://login.example.com/a?b/v2.0",
        ] {
            assert_eq!(tenant(segment, name), None, "{name}");
        }
        let label = "https://{tenant}.example.com";
        assert_eq!(tenant(label, "https://shop.example.com").as_deref(), Some("shop"));
        for name in [
            "https://a.b.example.com",
            "https://evil.com/.example.com",
            "https://u@x.example.com",
            "https://.example.com",
        ] {
            assert_eq!(tenant(label, name), None, "{name}");
        }
        assert_eq!(
            tenant("https://id.example.com/realms/{realm}", "https://id.example.com/realms/shop").as_deref(),
            Some("shop")
        );
        for template in [
            "https://id.example.com",
            "https://id.example.com/{}",
            "https://id.example.com/{a}/{b}",
            "https://id.example.com/x{a}",
            "https://id.example.com/{a}x",
            "https://{a}",
            "https://x{a}.example.com",
            "https://{a}example.com",
            "https://id.example.com/{a",
        ] {
            assert!(Template::parse(template).is_err(), "{template}");
        }
    }

    #[test]
    fn a_check_that_panics_allows_nothing() {
        let check = TenantCheck::new(|tenant| {
            assert!(tenant != "bad");
            true
        });
        assert!(check.allows("good") && !check.allows("bad"));
    }
}

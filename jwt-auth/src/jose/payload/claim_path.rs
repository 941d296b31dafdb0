//! Where a claim is: a name at the top, or a name inside the object of another claim.

use std::borrow::Cow;
use std::fmt;

use jwt_auth_grammar::claim::TextClaim;
use serde_json::Value;

use crate::jose::payload::Payload;

/// The place of a claim: one name, or a list of names that leads into nested objects. A text is one name, whatever characters it
/// has: dots, colons and slashes are part of it, as in `kubernetes.io` or `urn:example:roles`.
///
/// ```
/// use jwt_auth::issuer::ClaimPath;
/// let top = ClaimPath::from("scope");
/// let nested = ClaimPath::from(["realm_access", "roles"]);
/// assert_eq!((top.to_string(), nested.to_string()), ("scope".to_owned(), "realm_access → roles".to_owned()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClaimPath(Vec<Cow<'static, str>>);

impl ClaimPath {
    pub(crate) fn of(names: &[&'static str]) -> Self {
        Self(names.iter().map(|name| Cow::Borrowed(*name)).collect())
    }

    /// Whether a name is missing.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty() || self.0.iter().any(|name| name.is_empty())
    }

    /// The only name, if the claim is at the top.
    pub(crate) fn top(&self) -> Option<&str> {
        match self.0.as_slice() {
            [only] => Some(only),
            _ => None,
        }
    }

    /// The same path with another text in place of each name that is `placeholder`.
    pub(crate) fn with(&self, placeholder: &str, text: &str) -> Self {
        let put = |name: &Cow<'static, str>| if name == placeholder { text.to_owned().into() } else { name.clone() };
        Self(self.0.iter().map(put).collect())
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|own| own == name)
    }
}

impl From<&str> for ClaimPath {
    fn from(name: &str) -> Self {
        Self(vec![name.to_owned().into()])
    }
}

impl From<String> for ClaimPath {
    fn from(name: String) -> Self {
        Self(vec![name.into()])
    }
}

impl<const N: usize> From<[&str; N]> for ClaimPath {
    fn from(names: [&str; N]) -> Self {
        Self(names.into_iter().map(|name| name.to_owned().into()).collect())
    }
}

impl From<Vec<String>> for ClaimPath {
    fn from(names: Vec<String>) -> Self {
        Self(names.into_iter().map(Cow::Owned).collect())
    }
}

/// Names joined by arrows, because a name may contain dots.
impl fmt::Display for ClaimPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" → "))
    }
}

impl Payload {
    /// The claim at this path. An absent claim and a `null` are `None`.
    pub(crate) fn at(&self, path: &ClaimPath) -> Option<Value> {
        let (first, rest) = path.0.split_first()?;
        let mut value = self.top(first)?;
        for name in rest {
            value = match value {
                Value::Object(mut members) => members.remove(name.as_ref())?,
                _ => return None,
            };
        }
        (!value.is_null()).then_some(value)
    }

    fn top(&self, name: &str) -> Option<Value> {
        let text = |text: &str| (!text.is_empty()).then(|| Value::from(text));
        match name {
            "iss" => text(self.iss()),
            "sub" => text(self.written_sub()),
            "jti" => self.written_jti().map(Value::from),
            "exp" => Some(self.exp.into()),
            "iat" => self.iat.map(Value::from),
            "nbf" => self.nbf.map(Value::from),
            "aud" => Some(self.aud().collect::<Vec<_>>().into()),
            other => {
                let registered = TextClaim::from_name(other).and_then(|claim| self.text(claim));
                match registered {
                    Some(text) => Some(text.into()),
                    None => serde_json::from_str(self.extra(other)?).ok(),
                }
            }
        }
    }

    /// Whether the token has a claim at this path that is not `null`.
    pub(crate) fn has_at(&self, path: &ClaimPath) -> bool {
        match path.top() {
            Some(name) => self.has(name),
            None => self.at(path).is_some(),
        }
    }

    /// The texts of a claim: a text is one, a list gives its texts, and `true` and `false` count as texts, because issuers write
    /// both forms.
    pub(crate) fn texts_at(&self, path: &ClaimPath) -> Vec<String> {
        match self.at(path) {
            Some(Value::String(text)) => vec![text],
            Some(Value::Bool(flag)) => vec![flag.to_string()],
            Some(Value::Number(number)) => vec![number.to_string()],
            Some(Value::Array(list)) => list.into_iter().filter_map(|one| one.as_str().map(str::to_owned)).collect(),
            _ => Vec::new(),
        }
    }
}

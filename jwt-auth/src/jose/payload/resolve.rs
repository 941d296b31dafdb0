//! Finds the subject, the id and the scopes of a token in the claims where its issuer writes them.

use std::borrow::Cow;

use jwt_auth_grammar::claim::is_identifier;
use serde_json::Value;

use crate::jose::error::TokenError;
use crate::jose::payload::claim_path::ClaimPath;
use crate::jose::payload::{Payload, Resolved, Span};

/// The claims in which an issuer writes what the library reads.
#[derive(Clone, Debug)]
pub(crate) struct ClaimNames {
    /// The first of these that the token has names the user.
    pub(crate) subject: Vec<ClaimPath>,
    /// The claim that names the token.
    pub(crate) jwt_id: ClaimPath,
    /// The claims with scopes, roles or permissions. All of them count.
    pub(crate) scopes: Vec<ClaimPath>,
    /// A text that is removed from the beginning of a scope.
    pub(crate) scope_prefix: Option<String>,
    /// Whether the claims `o` and `fea` hold permissions as a bitmap, as Clerk writes them.
    pub(crate) has_permission_bitmap: bool,
}

impl Default for ClaimNames {
    fn default() -> Self {
        Self {
            subject: vec![ClaimPath::of(&["sub"])],
            jwt_id: ClaimPath::of(&["jti"]),
            scopes: vec![ClaimPath::of(&["scope"]), ClaimPath::of(&["scp"])],
            scope_prefix: None,
            has_permission_bitmap: false,
        }
    }
}

impl Payload {
    /// Finds the subject, the id and the scopes. A scope claim of a wrong type gives no scopes, because it can only grant less.
    pub(crate) fn resolve(&mut self, names: &ClaimNames) -> Result<(), TokenError> {
        let mut resolved = Box::<Resolved>::default();
        let sub = self.sub;
        if self.resolve_subject(names)? {
            resolved.sub = Some(sub);
        }
        if names.jwt_id.top() != Some("jti") {
            let found = self.text_at(&names.jwt_id)?;
            resolved.jti = Some(self.jti);
            self.jti = found.map(|text| self.keep(&text));
        }
        let mut granted = Vec::new();
        for path in &names.scopes {
            let Some(value) = self.at(path) else { continue };
            for scope in scopes_in(value, path) {
                let prefix = names.scope_prefix.as_deref().unwrap_or_default();
                granted.push(self.keep(scope.strip_prefix(prefix).unwrap_or(&scope)));
            }
        }
        if names.has_permission_bitmap {
            for permission in self.bitmap_permissions() {
                granted.push(self.keep(&permission));
            }
        }
        resolved.granted = granted;
        self.resolved = Some(resolved);
        Ok(())
    }

    /// Replaces the name of the issuer by its first spelling, so that a user and a revocation have one name.
    pub(crate) fn rename_issuer(&mut self, name: &str) {
        if self.iss() != name {
            self.iss = self.keep(name);
        }
    }

    /// Finds the subject. Returns whether another claim than `sub` names it.
    fn resolve_subject(&mut self, names: &ClaimNames) -> Result<bool, TokenError> {
        for path in &names.subject {
            if path.top() == Some("sub") {
                if self.sub().is_empty() {
                    continue;
                }
                return Ok(false);
            }
            if let Some(subject) = self.text_at(path)? {
                // `sub` stays readable as a claim of its own.
                if !self.sub().is_empty() {
                    let sub = Value::from(self.sub()).to_string();
                    let member = (self.keep("sub"), self.keep(&sub));
                    self.extras.push(member);
                }
                self.sub = self.keep(&subject);
                return Ok(true);
            }
        }
        let first = names.subject.first().map(ClaimPath::to_string).unwrap_or_default();
        Err(TokenError::Claim(Cow::Owned(first)))
    }

    /// The identifier at this path. An empty text counts as absent; any other value that is no identifier is refused.
    fn text_at(&self, path: &ClaimPath) -> Result<Option<String>, TokenError> {
        match self.at(path) {
            None => Ok(None),
            Some(Value::String(text)) if text.is_empty() => Ok(None),
            Some(Value::String(text)) if is_identifier(&text) => Ok(Some(text)),
            Some(_) => Err(TokenError::Claim(Cow::Owned(path.to_string()))),
        }
    }

    /// Appends a text to the JSON, so that a span can name it.
    fn keep(&mut self, part: &str) -> Span {
        let start = self.text.len();
        self.text.push_str(part);
        Span::new(start..self.text.len())
    }

    /// The permissions of a Clerk session token: `fea` lists features (`o:orders`), `o.per` permissions (`manage,read`), and the
    /// n-th number of `o.fpm` has a bit for each permission of the n-th feature. `orders:read` is granted as `orders:read` and as
    /// `org:orders:read`, the name in Clerk's dashboard.
    fn bitmap_permissions(&self) -> Vec<String> {
        let text = |path: &[&'static str]| match self.at(&ClaimPath::of(path)) {
            Some(Value::String(text)) => text,
            _ => String::new(),
        };
        let (features, permissions, maps) = (text(&["fea"]), text(&["o", "per"]), text(&["o", "fpm"]));
        let of_organization = features.split(',').filter_map(|feature| {
            let (scope, name) = feature.trim().split_once(':')?;
            scope.contains('o').then_some(name)
        });
        let mut granted = Vec::new();
        for (feature, map) in of_organization.zip(maps.split(',')) {
            let map: u64 = map.trim().parse().unwrap_or(0);
            let bits = permissions.split(',').take(64).enumerate();
            for (_, permission) in bits.filter(|(bit, _)| (map >> *bit) & 1 == 1) {
                granted.push(format!("{feature}:{}", permission.trim()));
                granted.push(format!("org:{feature}:{}", permission.trim()));
            }
        }
        granted
    }
}

/// The scopes in a claim: a text that lists them with spaces, a list of texts, or an object whose keys they are.
fn scopes_in(value: Value, path: &ClaimPath) -> Vec<String> {
    match value {
        Value::String(text) => text.split_ascii_whitespace().map(str::to_owned).collect(),
        Value::Array(list) => {
            let texts = list.into_iter().filter_map(|one| match one {
                Value::String(text) if !text.is_empty() => Some(text),
                _ => None,
            });
            texts.collect()
        }
        Value::Object(members) => members.into_iter().map(|(name, _)| name).collect(),
        _ => {
            tracing::debug!(target: "jwt_auth", claim = %path, "the claim grants no scopes: it is not a text, a list or an object");
            Vec::new()
        }
    }
}

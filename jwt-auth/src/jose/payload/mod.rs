//! The claims of a verified token, kept in the JSON text in which they arrived. An accessor only takes a slice of the text, and
//! unregistered claims are parsed only when they are requested.

use std::fmt;
use std::ops::Range;
use std::sync::OnceLock;

use jwt_auth_grammar::claim::TextClaim;
use serde::de::DeserializeOwned;
use serde_json::Map;
use serde_json::Value;

use crate::jose::claims::Claims;

pub(crate) mod claim_path;
pub(crate) mod read;
pub(crate) mod resolve;
pub(crate) mod scalar;
#[cfg(test)]
pub(crate) mod second;

/// The rules for the form of claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Profile {
    /// The profile of our own tokens (RFC 9068 section 2.2).
    Rfc9068,
    /// What RFC 7519 allows, for the tokens of other issuers.
    Jwt,
}

/// The claims of one token.
#[derive(Default)]
pub(crate) struct Payload {
    /// The JSON, followed by the decoded text of each string that has escapes in the JSON.
    text: String,
    iss: Span,
    /// Empty if the token has no `sub` and no other claim was chosen for it.
    sub: Span,
    jti: Option<Span>,
    aud: Audience,
    texts: [Option<Span>; TextClaim::ALL.len()],
    pub(crate) exp: u64,
    pub(crate) iat: Option<u64>,
    pub(crate) nbf: Option<u64>,
    extras: Members,
    /// What was found in the claims of another issuer. Our own tokens have none, so it takes little room.
    resolved: Option<Box<Resolved>>,
    read: OnceLock<Map<String, Value>>,
}

/// What is read from the claims that an issuer's policy names.
#[derive(Default)]
struct Resolved {
    /// `sub` as it was written, if another claim names the user. Rules about claims look at what was written.
    sub: Option<Span>,
    /// `jti` as it was written, if another claim names the token.
    jti: Option<Option<Span>>,
    /// The granted scopes.
    granted: Vec<Span>,
}

#[derive(Default)]
enum Audience {
    #[default]
    None,
    One(Span),
    List(Vec<Span>),
}

impl Payload {
    /// The payload of a token with these claims. They are not checked like those of a token that comes from outside.
    pub(crate) fn of(claims: &Claims) -> Self {
        let mut text = String::new();
        let mut keep = |part: &str| {
            let start = text.len();
            text.push_str(part);
            Span::new(start..text.len())
        };
        let (iss, sub) = (keep(&claims.iss), keep(&claims.sub));
        let jti = (!claims.jti.is_empty()).then(|| keep(&claims.jti));
        let aud: Vec<Span> = claims.aud.iter().map(|aud| keep(aud)).collect();
        let aud = match aud.as_slice() {
            [] => Audience::None,
            [one] if claims.aud_is_single => Audience::One(*one),
            _ => Audience::List(aud),
        };
        let mut texts = [None; TextClaim::ALL.len()];
        for (place, claim) in texts.iter_mut().zip(TextClaim::ALL) {
            *place = claims.texts.get(claim).map(&mut keep);
        }
        let mut extras = Members::default();
        let written = claims.extras.iter().filter(|(_, value)| !value.is_null());
        written.for_each(|(name, value)| extras.push((keep(name), keep(&value.to_string()))));
        let (exp, iat, nbf) = (claims.exp, Some(claims.iat), claims.nbf);
        Self { text, iss, sub, jti, aud, texts, exp, iat, nbf, extras, resolved: None, read: OnceLock::new() }
    }

    fn part(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or_default()
    }

    pub(crate) fn iss(&self) -> &str {
        self.part(self.iss)
    }

    pub(crate) fn sub(&self) -> &str {
        self.part(self.sub)
    }

    /// The `sub` as it was written, and empty without one.
    fn written_sub(&self) -> &str {
        self.part(self.resolved.as_ref().and_then(|resolved| resolved.sub).unwrap_or(self.sub))
    }

    /// The `jti` as it was written.
    fn written_jti(&self) -> Option<&str> {
        let written = self.resolved.as_ref().and_then(|resolved| resolved.jti).unwrap_or(self.jti);
        written.map(|jti| self.part(jti))
    }

    pub(crate) fn jti(&self) -> Option<&str> {
        self.jti.map(|jti| self.part(jti))
    }

    pub(crate) fn aud(&self) -> impl Iterator<Item = &str> {
        let list = match &self.aud {
            Audience::None => &[],
            Audience::One(one) => std::slice::from_ref(one),
            Audience::List(list) => list.as_slice(),
        };
        list.iter().map(|span| self.part(*span))
    }

    /// Whether `aud` is written as a string and not as a list.
    pub(crate) fn aud_is_single(&self) -> bool {
        matches!(self.aud, Audience::One(_))
    }

    pub(crate) fn text(&self, claim: TextClaim) -> Option<&str> {
        self.texts.get(claim as usize).copied().flatten().map(|span| self.part(span))
    }

    fn extra(&self, name: &str) -> Option<&str> {
        self.extras.iter().find(|(known, _)| self.part(*known) == name).map(|(_, value)| self.part(*value))
    }

    /// An unregistered claim. An absent claim is read as `null`.
    pub(crate) fn claim<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        serde_json::from_str(self.extra(name).unwrap_or("null")).ok()
    }

    pub(crate) fn extras(&self) -> &Map<String, Value> {
        self.read.get_or_init(|| {
            let read = |(name, value): &Member| {
                Some((self.part(*name).to_owned(), serde_json::from_str(self.part(*value)).ok()?))
            };
            self.extras.iter().filter_map(read).collect()
        })
    }

    /// Whether the token has a claim of this name that is not `null`.
    pub(crate) fn has(&self, name: &str) -> bool {
        match name {
            "iss" | "exp" => true,
            "sub" => !self.written_sub().is_empty(),
            "iat" => self.iat.is_some(),
            "jti" => self.written_jti().is_some(),
            "aud" => self.aud().next().is_some(),
            "nbf" => self.nbf.is_some(),
            other => {
                let is_text = TextClaim::from_name(other).is_some_and(|claim| self.text(claim).is_some());
                is_text || self.extra(other).is_some_and(|value| value != "null")
            }
        }
    }

    /// The granted scopes.
    pub(crate) fn scopes(&self) -> impl Iterator<Item = &str> {
        let (text, granted) = match &self.resolved {
            None => (self.text(TextClaim::Scope).unwrap_or_default(), [].as_slice()),
            Some(resolved) => ("", resolved.granted.as_slice()),
        };
        let granted = granted.iter().map(|span| self.part(*span));
        text.split(' ').filter(|scope| !scope.is_empty()).chain(granted)
    }
}

/// Prints no claim except `exp`.
impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Payload").field("exp", &self.exp).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;

/// A range of the text. The text is far shorter than 4 GiB, because it comes from a token or from the claims of a new token.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Span {
    start: u32,
    end: u32,
}

impl Span {
    /// A range that does not fit into 32 bits becomes empty.
    pub(crate) fn new(range: Range<usize>) -> Self {
        match (u32::try_from(range.start), u32::try_from(range.end)) {
            (Ok(start), Ok(end)) => Self { start, end },
            _ => Self::default(),
        }
    }

    pub(crate) fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// The name of a member, and the JSON of its value.
pub(crate) type Member = (Span, Span);

/// The unregistered members. The first [`FEW`] need no allocation, and most tokens have no more.
#[derive(Default)]
pub(crate) struct Members {
    few: [Member; FEW],
    count: usize,
    more: Vec<Member>,
}

const FEW: usize = 4;

impl Members {
    pub(crate) fn push(&mut self, member: Member) {
        match self.few.get_mut(self.count) {
            Some(free) => *free = member,
            None => self.more.push(member),
        }
        self.count = self.count.saturating_add(1);
    }

    pub(crate) fn len(&self) -> usize {
        self.count
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Member> {
        self.few.iter().take(self.count).chain(&self.more)
    }
}

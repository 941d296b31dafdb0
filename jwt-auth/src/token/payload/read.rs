//! Reading a payload: strictly, whole, and with one scan of what is plain.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::sync::OnceLock;

use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{Audience, Payload, Span};
use crate::token::TokenError;
use crate::token::claims::{is_scope, is_subject};
use crate::token::json::{self, MAX_DEPTH};

/// More names than this are compared by hash.
const FEW: usize = 16;

impl Payload {
    /// Reads the JSON as a whole. A registered claim of the wrong type is refused even where it is optional.
    pub(in crate::token) fn parse(bytes: Vec<u8>) -> Result<Self, TokenError> {
        let text = String::from_utf8(bytes).map_err(|_| TokenError::Payload)?;
        let found = Found::read(&text)?;
        let mut at = Spans { text: &text, further: String::new() };
        let exp = required("exp", found.exp, |raw| seconds(raw).filter(|exp| *exp > 0))?;
        let iat = required("iat", found.iat, seconds)?;
        let nbf = optional("nbf", found.nbf, seconds)?;
        let iss = required("iss", found.iss, |raw| at.string(raw))?;
        let sub = required("sub", found.sub, |raw| at.string_that(raw, is_subject))?;
        let jti = required("jti", found.jti, |raw| at.string_that(raw, |jti| !jti.is_empty()))?;
        let scope = optional("scope", found.scope, |raw| at.string_that(raw, is_scope))?;
        let aud = optional("aud", found.aud, |raw| at.audience(raw))?.unwrap_or_default();
        let client_id = optional("client_id", found.client_id, |raw| at.string(raw))?;
        let session = optional("sid", found.session, |raw| at.string_that(raw, |session| !session.is_empty()))?;
        let extras = found.extras.into_iter().map(|(name, raw)| (at.of(name), at.of(Cow::Borrowed(raw)))).collect();
        let further = at.further;
        let text = if further.is_empty() { text } else { text + &further };
        let read = OnceLock::new();
        Ok(Self { text, iss, sub, jti, aud, scope, client_id, session, exp, iat, nbf, extras, read })
    }
}

/// The JSON of each claim.
#[derive(Default)]
struct Found<'t> {
    exp: Option<&'t str>,
    iat: Option<&'t str>,
    nbf: Option<&'t str>,
    iss: Option<&'t str>,
    sub: Option<&'t str>,
    jti: Option<&'t str>,
    scope: Option<&'t str>,
    aud: Option<&'t str>,
    client_id: Option<&'t str>,
    session: Option<&'t str>,
    extras: Vec<(Cow<'t, str>, &'t str)>,
}

impl<'t> Found<'t> {
    fn read(text: &'t str) -> Result<Self, TokenError> {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let found = deserializer.deserialize_map(Members).map_err(|_| TokenError::Payload)?;
        deserializer.end().map_err(|_| TokenError::Payload)?;
        Ok(found)
    }

    fn slot(&mut self, name: &str) -> Option<&mut Option<&'t str>> {
        Some(match name {
            "exp" => &mut self.exp,
            "iat" => &mut self.iat,
            "nbf" => &mut self.nbf,
            "iss" => &mut self.iss,
            "sub" => &mut self.sub,
            "jti" => &mut self.jti,
            "scope" => &mut self.scope,
            "aud" => &mut self.aud,
            "client_id" => &mut self.client_id,
            "sid" => &mut self.session,
            _ => return None,
        })
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Found<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("one JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Found<'de>, A::Error> {
        let mut found = Found::default();
        let mut many = HashSet::new();
        while let Some(name) = map.next_key_seed(json::Text)? {
            let raw = map.next_value::<&RawValue>()?.get();
            json::check(raw, MAX_DEPTH.saturating_sub(1)).map_err(|json::NotStrict| A::Error::custom("not strict"))?;
            let is_new = if let Some(slot) = found.slot(&name) {
                slot.replace(raw).is_none()
            } else {
                let is_new = if found.extras.len() < FEW {
                    found.extras.iter().all(|(known, _)| *known != name)
                } else {
                    if many.is_empty() {
                        many.extend(found.extras.iter().map(|(known, _)| known.clone()));
                    }
                    many.insert(name.clone())
                };
                found.extras.push((name, raw));
                is_new
            };
            if !is_new {
                return Err(A::Error::custom("repeated name"));
            }
        }
        Ok(found)
    }
}

fn optional<T>(
    name: &'static str,
    raw: Option<&str>,
    read: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>, TokenError> {
    raw.map(|raw| read(raw).ok_or(TokenError::Claim(Cow::Borrowed(name)))).transpose()
}

fn required<T>(name: &'static str, raw: Option<&str>, read: impl FnOnce(&str) -> Option<T>) -> Result<T, TokenError> {
    optional(name, raw, read)?.ok_or(TokenError::Claim(Cow::Borrowed(name)))
}

/// A NumericDate that is a JSON integer; a sign, a fraction or an exponent is refused.
fn seconds(raw: &str) -> Option<u64> {
    raw.parse().ok()
}

/// Where strings stand in the text, and those that do not stand there as they are.
struct Spans<'t> {
    text: &'t str,
    further: String,
}

impl Spans<'_> {
    fn of(&mut self, part: Cow<'_, str>) -> Span {
        let inside = match &part {
            Cow::Borrowed(part) => (part.as_ptr() as usize).checked_sub(self.text.as_ptr() as usize),
            Cow::Owned(_) => None,
        };
        let start = inside.unwrap_or_else(|| {
            let start = self.text.len().saturating_add(self.further.len());
            self.further.push_str(&part);
            start
        });
        start..start.saturating_add(part.len())
    }

    fn string(&mut self, raw: &str) -> Option<Span> {
        self.string_that(raw, |_| true)
    }

    fn string_that(&mut self, raw: &str, is_sound: impl FnOnce(&str) -> bool) -> Option<Span> {
        let text = json::string(raw).filter(|text| is_sound(text))?;
        Some(self.of(text))
    }

    fn audience(&mut self, raw: &str) -> Option<Audience> {
        if !raw.starts_with('[') {
            return self.string(raw).map(Audience::One);
        }
        let list: Vec<&RawValue> = serde_json::from_str(raw).ok()?;
        let list: Vec<Span> = list.into_iter().map(|one| self.string(one.get())).collect::<Option<_>>()?;
        (!list.is_empty()).then_some(Audience::List(list))
    }
}

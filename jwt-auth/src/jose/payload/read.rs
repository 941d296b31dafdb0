//! Reads a payload strictly, as a whole, and in one pass.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::sync::OnceLock;

use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::jose::error::TokenError;
use crate::jose::json::check::Text;
use crate::jose::json::{self, MAX_DEPTH};
use crate::jose::payload::scalar::{Scalar, ScalarOrList};
use crate::jose::payload::{Audience, Members, Payload, Profile, Span};
use jwt_auth_grammar::claim::{TextClaim, is_identifier};

/// If there are more names than this, a hash set finds the repeated ones.
const FEW: usize = 16;

impl Payload {
    /// Reads the JSON as a whole. A registered claim of the wrong type is refused even if the claim is optional.
    ///
    /// In the profile [`Profile::Jwt`], `sub`, `jti` and `iat` may be absent, `null` counts as absent, and `scope` is read like an
    /// unregistered claim, because issuers write it in several forms.
    pub(crate) fn parse(bytes: Vec<u8>, profile: Profile) -> Result<Self, TokenError> {
        let text = String::from_utf8(bytes).map_err(|_| TokenError::Payload)?;
        let mut at = Spans { text: &text, further: String::new() };
        let found = Found::read(&mut at, profile)?;
        let is_strict = profile == Profile::Rfc9068;
        let some = |written| present(profile, written);
        let exp = required("exp", found.exp, |exp| exp.seconds(profile, f64::floor).filter(|exp| *exp > 0))?;
        let iat = optional("iat", some(found.iat), |iat| iat.seconds(profile, f64::ceil))?;
        let nbf = optional("nbf", some(found.nbf), |nbf| nbf.seconds(profile, f64::ceil))?;
        let iss = required("iss", found.iss, |iss| at.string(iss, |_| true))?;
        let is_subject = |sub: &str| is_identifier(sub) || (sub.is_empty() && !is_strict);
        let sub = optional("sub", some(found.sub), |sub| at.string(sub, is_subject))?;
        let jti = optional("jti", some(found.jti), |jti| at.string(jti, is_identifier))?;
        if is_strict {
            let missing = [("iat", iat.is_none()), ("sub", sub.is_none()), ("jti", jti.is_none())];
            if let Some((name, _)) = missing.into_iter().find(|(_, is_missing)| *is_missing) {
                return Err(TokenError::Claim(Cow::Borrowed(name)));
            }
        }
        let aud = found.aud.filter(|aud| is_strict || !matches!(aud, ScalarOrList::Scalar(Scalar::Null)));
        let aud = optional("aud", aud, |aud| at.audience(aud, profile))?.unwrap_or_default();
        let mut texts = [None; TextClaim::ALL.len()];
        for ((place, claim), written) in texts.iter_mut().zip(TextClaim::ALL).zip(found.texts) {
            *place = optional(claim.name(), some(written), |text| at.string(text, |text| claim.is_valid(text)))?;
        }
        let (extras, further) = (found.extras, at.further);
        let text = if further.is_empty() { text } else { text + &further };
        let sub = sub.unwrap_or_default();
        let (resolved, read) = (None, OnceLock::new());
        Ok(Self { text, iss, sub, jti, aud, texts, exp, iat, nbf, extras, resolved, read })
    }
}

/// Drops `null`, which counts as absent in the tokens of other issuers (CVE-2026-25537 shows why any other value of a wrong type
/// does not).
fn present(profile: Profile, written: Option<Scalar<'_>>) -> Option<Scalar<'_>> {
    written.filter(|value| profile == Profile::Rfc9068 || !matches!(value, Scalar::Null))
}

/// The value of each claim, if the payload has it.
#[derive(Default)]
struct Found<'t> {
    exp: Option<Scalar<'t>>,
    iat: Option<Scalar<'t>>,
    nbf: Option<Scalar<'t>>,
    iss: Option<Scalar<'t>>,
    sub: Option<Scalar<'t>>,
    jti: Option<Scalar<'t>>,
    aud: Option<ScalarOrList<'t>>,
    texts: [Option<Scalar<'t>>; TextClaim::ALL.len()],
    extras: Members,
}

impl<'t> Found<'t> {
    fn read(at: &mut Spans<'t>, profile: Profile) -> Result<Self, TokenError> {
        let mut deserializer = serde_json::Deserializer::from_str(at.text);
        let mut found = Self::default();
        deserializer.deserialize_map(Whole(at, &mut found, profile)).map_err(|_| TokenError::Payload)?;
        deserializer.end().map_err(|_| TokenError::Payload)?;
        Ok(found)
    }

    fn slot(&mut self, name: &str, profile: Profile) -> Option<&mut Option<Scalar<'t>>> {
        Some(match name {
            "exp" => &mut self.exp,
            "iat" => &mut self.iat,
            "nbf" => &mut self.nbf,
            "iss" => &mut self.iss,
            "sub" => &mut self.sub,
            "jti" => &mut self.jti,
            other => {
                let claim = TextClaim::from_name(other)?;
                if claim == TextClaim::Scope && profile == Profile::Jwt {
                    return None;
                }
                return self.texts.get_mut(claim as usize);
            }
        })
    }
}

/// Fills a [`Found`] by reference, because it is too large to be returned through each layer of the deserializer.
struct Whole<'a, 't>(&'a mut Spans<'t>, &'a mut Found<'t>, Profile);

impl<'t> Visitor<'t> for Whole<'_, 't> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("one JSON object")
    }

    fn visit_map<A: MapAccess<'t>>(self, mut map: A) -> Result<(), A::Error> {
        let Self(at, found, profile) = self;
        let depth = MAX_DEPTH.saturating_sub(1);
        let mut many = HashSet::new();
        while let Some(name) = map.next_key_seed(Text)? {
            let is_new = if let Some(slot) = found.slot(&name, profile) {
                slot.replace(map.next_value_seed(Scalar::within(depth))?).is_none()
            } else if name == "aud" {
                found.aud.replace(map.next_value_seed(ScalarOrList::within(depth))?).is_none()
            } else {
                let raw = map.next_value::<&RawValue>()?.get();
                json::check(raw, depth).map_err(|json::NotStrict| A::Error::custom("not strict"))?;
                let is_new = if found.extras.len() < FEW {
                    found.extras.iter().all(|(known, _)| at.part(*known) != name)
                } else {
                    if many.is_empty() {
                        many.extend(found.extras.iter().map(|(known, _)| at.part(*known).to_owned()));
                    }
                    many.insert(name.clone().into_owned())
                };
                found.extras.push((at.of(&name), at.of(raw)));
                is_new
            };
            if !is_new {
                return Err(A::Error::custom("repeated name"));
            }
        }
        Ok(())
    }
}

fn optional<W, T>(
    name: &'static str,
    written: Option<W>,
    read: impl FnOnce(W) -> Option<T>,
) -> Result<Option<T>, TokenError> {
    written.map(|written| read(written).ok_or(TokenError::Claim(Cow::Borrowed(name)))).transpose()
}

fn required<W, T>(name: &'static str, written: Option<W>, read: impl FnOnce(W) -> Option<T>) -> Result<T, TokenError> {
    optional(name, written, read)?.ok_or(TokenError::Claim(Cow::Borrowed(name)))
}

/// Finds the spans of strings. A string with escapes is not in the text as it is, so its decoded form is added to `further`.
struct Spans<'t> {
    text: &'t str,
    further: String,
}

impl Spans<'_> {
    fn of(&mut self, part: &str) -> Span {
        // A part that was read without escapes is a slice of the text itself.
        let inside = (part.as_ptr() as usize)
            .checked_sub(self.text.as_ptr() as usize)
            .filter(|start| start.saturating_add(part.len()) <= self.text.len());
        let start = inside.unwrap_or_else(|| {
            let start = self.text.len().saturating_add(self.further.len());
            self.further.push_str(part);
            start
        });
        Span::new(start..start.saturating_add(part.len()))
    }

    fn part(&self, span: Span) -> &str {
        let span = span.range();
        let further = || {
            let start = span.start.checked_sub(self.text.len())?;
            self.further.get(start..span.end.checked_sub(self.text.len())?)
        };
        self.text.get(span.clone()).or_else(further).unwrap_or_default()
    }

    fn string(&mut self, written: Scalar<'_>, is_sound: impl FnOnce(&str) -> bool) -> Option<Span> {
        let text = written.text().filter(|text| is_sound(text))?;
        Some(self.of(&text))
    }

    /// An empty list names no audience, which other issuers may write.
    fn audience(&mut self, written: ScalarOrList<'_>, profile: Profile) -> Option<Audience> {
        match written {
            ScalarOrList::Scalar(one) => self.string(one, |_| true).map(Audience::One),
            ScalarOrList::List(list) if list.is_empty() => (profile == Profile::Jwt).then_some(Audience::None),
            ScalarOrList::List(list) => {
                list.into_iter().map(|one| self.string(one, |_| true)).collect::<Option<_>>().map(Audience::List)
            }
        }
    }
}

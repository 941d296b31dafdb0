//! A second, slower parser, which builds every value. The tests compare it with [`Payload::parse`](super::Payload::parse).

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::jose::claims::{Claims, Texts};
use crate::jose::error::TokenError;
use crate::jose::json::{self, MAX_DEPTH};
use jwt_auth_grammar::claim::{TextClaim, is_identifier};
use jwt_auth_grammar::scope::is_scope;

pub(crate) fn parse(bytes: &[u8]) -> Result<Claims, TokenError> {
    let mut object = json::object(bytes, MAX_DEPTH).map_err(|json::NotStrict| TokenError::Payload)?;
    let exp = required(&mut object, "exp", |value| seconds(&value).filter(|exp| *exp > 0))?;
    let iat = optional(&mut object, "iat", |value| seconds(&value))?;
    let nbf = optional(&mut object, "nbf", |value| seconds(&value))?;
    let iss = required(&mut object, "iss", string)?;
    let sub = optional(&mut object, "sub", |value| string(value).filter(|sub| is_identifier(sub)))?;
    let jti = optional(&mut object, "jti", |value| string(value).filter(|jti| is_identifier(jti)))?;
    // A claim that is wrong is named before one that is missing.
    let (iat, sub, jti) = (present("iat", iat)?, present("sub", sub)?, present("jti", jti)?);
    let (aud, aud_is_single) = optional(&mut object, "aud", audience)?.unwrap_or_default();
    let scope = optional(&mut object, "scope", |value| string(value).filter(|scope| is_scope(scope)))?;
    let client_id = optional(&mut object, "client_id", string)?;
    let session = optional(&mut object, "sid", |value| string(value).filter(|session| is_identifier(session)))?;
    let mut texts = Texts::default();
    texts.set(TextClaim::Scope, scope);
    texts.set(TextClaim::ClientId, client_id);
    texts.set(TextClaim::Session, session);
    Ok(Claims { iss, sub, aud, aud_is_single, exp, iat, nbf, jti, texts, extras: object })
}

fn optional<T>(
    object: &mut Map<String, Value>,
    name: &'static str,
    read: impl FnOnce(Value) -> Option<T>,
) -> Result<Option<T>, TokenError> {
    let Some(value) = object.remove(name) else { return Ok(None) };
    read(value).map(Some).ok_or(TokenError::Claim(Cow::Borrowed(name)))
}

fn required<T>(
    object: &mut Map<String, Value>,
    name: &'static str,
    read: impl FnOnce(Value) -> Option<T>,
) -> Result<T, TokenError> {
    present(name, optional(object, name, read)?)
}

fn present<T>(name: &'static str, value: Option<T>) -> Result<T, TokenError> {
    value.ok_or(TokenError::Claim(Cow::Borrowed(name)))
}

/// A NumericDate that is a JSON integer; a sign, a fraction or an exponent is refused.
fn seconds(value: &Value) -> Option<u64> {
    value.as_u64()
}

fn string(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        _ => None,
    }
}

fn audience(value: Value) -> Option<(Vec<String>, bool)> {
    match value {
        Value::String(one) => Some((vec![one], true)),
        Value::Array(many) if !many.is_empty() => Some((many.into_iter().map(string).collect::<Option<_>>()?, false)),
        _ => None,
    }
}

//! The claims of a token (RFC 7519 section 4.1, RFC 9068 section 2.2), each of the right type or refused.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::error::TokenError;
use super::json;

pub(super) const MAX_DEPTH: usize = 32;
const MAX_SUBJECT: usize = 255;

/// The claim names that the library sets and reads itself. A user's claim cannot have one of these.
pub(crate) const REGISTERED: [&str; 10] =
    ["iss", "sub", "aud", "exp", "nbf", "iat", "jti", "scope", "client_id", "sid"];

/// The claims of one token. `extras` holds what is not registered.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Claims {
    pub(crate) iss: String,
    pub(crate) sub: String,
    pub(crate) aud: Vec<String>,
    /// Whether `aud` is written as a string and not as a list.
    pub(crate) aud_is_single: bool,
    pub(crate) exp: u64,
    pub(crate) iat: u64,
    pub(crate) nbf: Option<u64>,
    pub(crate) jti: String,
    pub(crate) scope: Option<String>,
    pub(crate) client_id: Option<String>,
    /// The session that a refresh token continues (OpenID Connect Front-Channel Logout 1.0 section 3).
    pub(crate) session: Option<String>,
    pub(crate) extras: Map<String, Value>,
}

impl Claims {
    /// Reads the payload as a whole. A registered claim of the wrong type is refused even where it is optional.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, TokenError> {
        let mut object = json::object(bytes, MAX_DEPTH).map_err(|json::NotStrict| TokenError::Payload)?;
        let exp = required(&mut object, "exp", |value| seconds(&value).filter(|exp| *exp > 0))?;
        let iat = required(&mut object, "iat", |value| seconds(&value))?;
        let nbf = optional(&mut object, "nbf", |value| seconds(&value))?;
        let iss = required(&mut object, "iss", string)?;
        let sub = required(&mut object, "sub", |value| string(value).filter(|sub| is_subject(sub)))?;
        let jti = required(&mut object, "jti", |value| string(value).filter(|jti| !jti.is_empty()))?;
        let scope = optional(&mut object, "scope", |value| string(value).filter(|scope| is_scope(scope)))?;
        let (aud, aud_is_single) = optional(&mut object, "aud", audience)?.unwrap_or_default();
        let client_id = optional(&mut object, "client_id", string)?;
        let session = optional(&mut object, "sid", |value| string(value).filter(|session| !session.is_empty()))?;
        Ok(Self { iss, sub, aud, aud_is_single, exp, iat, nbf, jti, scope, client_id, session, extras: object })
    }

    /// The payload that [`parse`](Self::parse) reads.
    pub(super) fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut object = self.extras.clone();
        object.insert("iss".into(), self.iss.as_str().into());
        object.insert("sub".into(), self.sub.as_str().into());
        match self.aud.as_slice() {
            [] => {}
            [one] if self.aud_is_single => drop(object.insert("aud".into(), one.as_str().into())),
            many => drop(object.insert("aud".into(), many.into())),
        }
        object.insert("exp".into(), self.exp.into());
        object.insert("iat".into(), self.iat.into());
        if let Some(nbf) = self.nbf {
            object.insert("nbf".into(), nbf.into());
        }
        object.insert("jti".into(), self.jti.as_str().into());
        if let Some(scope) = &self.scope {
            object.insert("scope".into(), scope.as_str().into());
        }
        if let Some(client_id) = &self.client_id {
            object.insert("client_id".into(), client_id.as_str().into());
        }
        if let Some(session) = &self.session {
            object.insert("sid".into(), session.as_str().into());
        }
        serde_json::to_vec(&object)
    }

    /// Whether the token has a claim of this name that is not `null`.
    pub(super) fn has(&self, name: &str) -> bool {
        match name {
            "iss" | "sub" | "exp" | "iat" | "jti" => true,
            "aud" => !self.aud.is_empty(),
            "nbf" => self.nbf.is_some(),
            "scope" => self.scope.is_some(),
            "client_id" => self.client_id.is_some(),
            "sid" => self.session.is_some(),
            extra => self.extras.get(extra).is_some_and(|value| !value.is_null()),
        }
    }
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
    optional(object, name, read)?.ok_or(TokenError::Claim(Cow::Borrowed(name)))
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

/// Non-empty, at most 255 bytes, no control characters.
pub(super) fn is_subject(sub: &str) -> bool {
    !sub.is_empty() && sub.len() <= MAX_SUBJECT && !sub.chars().any(char::is_control)
}

/// `scope = scope-token *( SP scope-token )` of RFC 6749 section 3.3.
fn is_scope(scope: &str) -> bool {
    scope.split(' ').all(is_scope_token)
}

/// `scope-token = 1*( %x21 / %x23-5B / %x5D-7E )`.
pub(crate) fn is_scope_token(token: &str) -> bool {
    !token.is_empty() && token.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn base() -> Value {
        json!({ "iss": "i", "sub": "s", "aud": "a", "exp": 10, "iat": 5, "jti": "j" })
    }

    fn with(name: &str, value: Value) -> Result<Claims, TokenError> {
        let mut claims = base();
        claims[name] = value;
        Claims::parse(&serde_json::to_vec(&claims).unwrap())
    }

    fn refused(name: &'static str) -> Result<Claims, TokenError> {
        Err(TokenError::Claim(Cow::Borrowed(name)))
    }

    // CLM-01, CLM-02, CLM-03, CLM-04, CLM-05, CLM-07, CLM-08, CLM-09
    #[test]
    fn a_wrong_type_is_refused_even_where_the_claim_is_optional() {
        let wrong = [
            ("exp", vec![json!("10"), json!(10.5), json!(1e1), json!(-1), json!(0), json!(null), json!([10])]),
            ("iat", vec![json!("5"), json!(null), json!(true)]),
            ("nbf", vec![json!("5"), json!(null), json!({}), json!(1.5)]),
            ("iss", vec![json!(["i"]), json!(null), json!(1)]),
            ("sub", vec![json!(""), json!(1), json!(null), json!("a\nb"), json!("x".repeat(256))]),
            ("aud", vec![json!([]), json!([1]), json!(["a", 1]), json!(null), json!({}), json!(1)]),
            ("jti", vec![json!(""), json!(1), json!(null)]),
            (
                "scope",
                vec![json!(["read"]), json!(""), json!(" read"), json!("read  write"), json!("a\"b"), json!(null)],
            ),
            ("client_id", vec![json!(1), json!(null)]),
            ("sid", vec![json!(""), json!(1), json!(null)]),
        ];
        for (name, values) in wrong {
            for value in values {
                assert_eq!(with(name, value.clone()), refused(name), "{name}: {value}");
            }
        }
    }

    // CLM-01, CLM-03, CLM-08
    #[test]
    fn the_required_claims_are_required() {
        for name in ["exp", "iat", "iss", "sub", "jti"] {
            let mut claims = base();
            claims.as_object_mut().unwrap().remove(name);
            assert_eq!(Claims::parse(&serde_json::to_vec(&claims).unwrap()), refused(name));
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let mut claims = with("tenant", json!({ "id": 7 })).unwrap();
        assert_eq!(Claims::parse(&claims.to_json().unwrap()), Ok(claims.clone()));
        claims.aud = vec!["a".into(), "b".into()];
        claims.aud_is_single = false;
        claims.nbf = Some(6);
        claims.scope = Some("read write".into());
        claims.client_id = Some("web".into());
        claims.session = Some("s1".into());
        assert_eq!(Claims::parse(&claims.to_json().unwrap()), Ok(claims));
    }

    // CLM-05
    #[test]
    fn a_list_of_one_audience_stays_a_list() {
        let claims = Claims { aud: vec!["a".into()], aud_is_single: false, ..with("x", json!(1)).unwrap() };
        let written: Value = serde_json::from_slice(&claims.to_json().unwrap()).unwrap();
        assert_eq!(written["aud"], json!(["a"]));
    }

    #[test]
    fn null_counts_as_missing() {
        let claims = with("tenant", json!(null)).unwrap();
        assert!(!claims.has("tenant") && !claims.has("nbf") && claims.has("aud"));
    }
}

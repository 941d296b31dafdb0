//! The claims of a token (RFC 7519 section 4.1, RFC 9068 section 2.2), each of the right type or refused.

use serde_json::{Map, Value};

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
    /// The payload that a [`Payload`](super::payload::Payload) reads.
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
}

/// Non-empty, at most 255 bytes, no control characters.
pub(super) fn is_subject(sub: &str) -> bool {
    !sub.is_empty() && sub.len() <= MAX_SUBJECT && !sub.chars().any(char::is_control)
}

/// `scope = scope-token *( SP scope-token )` of RFC 6749 section 3.3.
pub(super) fn is_scope(scope: &str) -> bool {
    scope.split(' ').all(is_scope_token)
}

/// `scope-token = 1*( %x21 / %x23-5B / %x5D-7E )`.
pub(crate) fn is_scope_token(token: &str) -> bool {
    !token.is_empty() && token.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e))
}

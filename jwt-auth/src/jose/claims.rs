//! The claims of a token (RFC 7519 section 4.1, RFC 9068 section 2.2), each of the right type or refused.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};

/// The longest `sub`, `jti` and `sid`, in bytes: stores keep them in columns and keys.
const MAX_IDENTIFIER: usize = 255;
/// What most payloads fit in, in bytes.
const ROOM: usize = 512;

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
    /// Unregistered claims. A `null` is not written.
    pub(crate) extras: Map<String, Value>,
}

impl Claims {
    /// The payload that a [`Payload`](crate::jose::payload::Payload) reads.
    pub(crate) fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut json = Vec::with_capacity(ROOM);
        serde_json::to_writer(&mut json, self)?;
        Ok(json)
    }

    /// Whether the token would have a claim of this name that is not `null`, as [`Payload`](crate::jose::payload::Payload) sees it.
    pub(crate) fn has(&self, name: &str) -> bool {
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

impl Serialize for Claims {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_map(None)?;
        object.serialize_entry("iss", &self.iss)?;
        object.serialize_entry("sub", &self.sub)?;
        match self.aud.as_slice() {
            [] => {}
            [one] if self.aud_is_single => object.serialize_entry("aud", one)?,
            many => object.serialize_entry("aud", many)?,
        }
        object.serialize_entry("exp", &self.exp)?;
        object.serialize_entry("iat", &self.iat)?;
        if let Some(nbf) = self.nbf {
            object.serialize_entry("nbf", &nbf)?;
        }
        object.serialize_entry("jti", &self.jti)?;
        let texts = [("scope", &self.scope), ("client_id", &self.client_id), ("sid", &self.session)];
        for (name, text) in texts {
            if let Some(text) = text {
                object.serialize_entry(name, text)?;
            }
        }
        for (name, value) in self.extras.iter().filter(|(_, value)| !value.is_null()) {
            object.serialize_entry(name, value)?;
        }
        object.end()
    }
}

/// What `sub`, `jti` and `sid` are: 1 to 255 bytes without control characters.
pub(crate) fn is_identifier(text: &str) -> bool {
    (1..=MAX_IDENTIFIER).contains(&text.len()) && (is_visible_ascii(text) || !text.chars().any(char::is_control))
}

/// True for most identifiers. Looks at every byte without an early return, so that the compiler compares many at once.
fn is_visible_ascii(text: &str) -> bool {
    text.bytes().fold(true, |is_visible, byte| is_visible & matches!(byte, 0x20..=0x7e))
}

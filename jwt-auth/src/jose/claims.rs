//! The claims of a token (RFC 7519 section 4.1, RFC 9068 section 2.2), in the form from which tokens are issued.

use jwt_auth_grammar::claim::TextClaim;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};

/// The initial capacity for a payload, in bytes. Most payloads fit into it.
const ROOM: usize = 512;

/// The claims of one token. `extras` holds the unregistered claims.
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
    pub(crate) texts: Texts,
    /// Unregistered claims. A claim that is `null` is not written.
    pub(crate) extras: Map<String, Value>,
}

/// The optional claims that are texts: the granted scopes, the client, the session.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Texts([Option<String>; TextClaim::ALL.len()]);

impl Texts {
    pub(crate) fn get(&self, claim: TextClaim) -> Option<&str> {
        self.0.get(claim as usize)?.as_deref()
    }

    /// Sets the claim, or removes it.
    pub(crate) fn set(&mut self, claim: TextClaim, text: Option<String>) {
        if let Some(place) = self.0.get_mut(claim as usize) {
            *place = text;
        }
    }

    /// Returns the texts with this claim set.
    pub(crate) fn with(mut self, claim: TextClaim, text: impl Into<String>) -> Self {
        self.set(claim, Some(text.into()));
        self
    }
}

impl Claims {
    /// The JSON that [`Payload`](crate::jose::payload::Payload) reads.
    pub(crate) fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut json = Vec::with_capacity(ROOM);
        serde_json::to_writer(&mut json, self)?;
        Ok(json)
    }

    /// Whether the token would have a claim of this name that is not `null`, as [`Payload`](crate::jose::payload::Payload) reads
    /// it.
    pub(crate) fn has(&self, name: &str) -> bool {
        match name {
            "iss" | "sub" | "exp" | "iat" | "jti" => true,
            "aud" => !self.aud.is_empty(),
            "nbf" => self.nbf.is_some(),
            other => match TextClaim::from_name(other) {
                Some(claim) => self.texts.get(claim).is_some(),
                None => self.extras.get(other).is_some_and(|value| !value.is_null()),
            },
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
        for claim in TextClaim::ALL {
            if let Some(text) = self.texts.get(claim) {
                object.serialize_entry(claim.name(), text)?;
            }
        }
        for (name, value) in self.extras.iter().filter(|(_, value)| !value.is_null()) {
            object.serialize_entry(name, value)?;
        }
        object.end()
    }
}

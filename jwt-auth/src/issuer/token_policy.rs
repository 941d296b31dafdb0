//! What a token must be to be accepted: its signature, its times, its issuer, audience and type (RFC 7519 section 7.2).

use std::borrow::Cow;
use std::sync::Arc;

use crate::clock::ClockError;
use crate::issuer::trust::{Candidate, Trust};
use crate::issuer::verified_token::{VerifiedBy, VerifiedToken};
use crate::jose::compact::{self, Compact};
use crate::jose::error::TokenError;
#[cfg(feature = "testing")]
use crate::jose::header::Header;
use crate::jose::payload::Payload;
use crate::jose::token::Token;

/// The audience that a token must have. If one is configured, a token without `aud` is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Audience {
    /// Not checked. A token need not have an `aud`.
    Any,
    /// `aud` names at least one of these.
    OneOf(Vec<String>),
    /// `aud` is exactly this string, not a list.
    Exactly(String),
}

/// What the claims and the `typ` of a token must be.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    pub(crate) audience: Audience,
    /// Accepted values of `typ`, in lower case and without `application/`.
    pub(crate) types: Vec<String>,
    /// How long after `exp` a token is still accepted, in seconds.
    pub(crate) leeway: u64,
    /// How far `iat` and `nbf` may lie in the future, in seconds.
    pub(crate) start_leeway: u64,
    /// How far `exp` may lie in the future, in seconds. `leeway` is added.
    pub(crate) max_lifetime: u64,
    pub(crate) required: Vec<String>,
}

impl Policy {
    /// Verifies the token of a request. There is no other way to get a [`Token`] from a request.
    pub(crate) fn verify(
        &self,
        token: &str,
        trust: &Trust,
        now: Result<u64, ClockError>,
    ) -> Result<VerifiedToken, TokenError> {
        self.verify_at(token, trust, |_| now.map_err(|ClockError| TokenError::Clock))
    }

    /// Verifies a token that may have expired, so that its session can be ended. It must have been valid in its last
    /// second.
    pub(crate) fn verify_expired(&self, token: &str, trust: &Trust) -> Option<Token> {
        let last_second = |claims: &Payload| Ok(claims.exp.saturating_sub(1));
        self.verify_at(token, trust, last_second).ok().map(|entry| entry.token)
    }

    fn verify_at(
        &self,
        token: &str,
        trust: &Trust,
        now: impl FnOnce(&Payload) -> Result<u64, TokenError>,
    ) -> Result<VerifiedToken, TokenError> {
        let parts = Compact::parse(token)?;
        let Candidate { place, issuer, key_set, resolved, is_accepted } = trust.find(&parts)?;
        resolved.key.verify(
            parts.signing_input,
            compact::decode_signature(parts.signature, &mut [0; compact::MAX_SIGNATURE])?,
        )?;
        if !is_accepted {
            key_set.accept(Arc::clone(&resolved));
        }
        let claims = Payload::parse(compact::decode(parts.payload)?)?;
        self.check_times(&claims, now(&claims)?)?;
        if claims.iss() != issuer {
            return Err(TokenError::Issuer);
        }
        if !self.audience.admits(&claims) {
            return Err(TokenError::Audience);
        }
        self.check_type(resolved.header.typ.as_deref())?;
        if let Some(missing) = self.required.iter().find(|name| !claims.has(name)) {
            return Err(TokenError::Claim(Cow::Owned(missing.clone())));
        }
        Ok(VerifiedToken::new(Token::new(claims), VerifiedBy { issuer: place, key_set: key_set.number() }))
    }

    /// Whether the token is for an accepted audience.
    pub(crate) fn is_for_us(&self, token: &Token) -> bool {
        self.audience.admits(&token.claims)
    }

    /// The audience of the tokens that we issue. `None` if any audience is accepted.
    pub(crate) fn own_audience(&self) -> Option<&str> {
        match &self.audience {
            Audience::Any => None,
            Audience::Exactly(only) => Some(only),
            Audience::OneOf(ours) => ours.first().map(String::as_str),
        }
    }

    /// Checks the times of a token that has verified before.
    pub(crate) fn is_still_valid(&self, token: &Token, now: Result<u64, ClockError>) -> Result<(), TokenError> {
        self.check_times(&token.claims, now.map_err(|ClockError| TokenError::Clock)?)
    }

    /// A token is valid from `nbf` and `iat` until just before `exp`.
    fn check_times(&self, claims: &Payload, now: u64) -> Result<(), TokenError> {
        let latest_start = now.saturating_add(self.start_leeway);
        if claims.exp.saturating_add(self.leeway) <= now {
            return Err(TokenError::Expired);
        }
        if claims.exp > now.saturating_add(self.max_lifetime).saturating_add(self.leeway) {
            return Err(TokenError::TooFar);
        }
        if claims.iat > latest_start || claims.nbf.is_some_and(|nbf| nbf > latest_start) {
            return Err(TokenError::NotYetValid);
        }
        Ok(())
    }

    fn check_type(&self, typ: Option<&str>) -> Result<(), TokenError> {
        let typ = typ.ok_or(TokenError::Type)?;
        let prefix = "application/";
        let is_long = typ.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
        let typ = if is_long { typ.get(prefix.len()..).unwrap_or_default() } else { typ };
        let is_accepted = self.types.iter().any(|accepted| accepted.eq_ignore_ascii_case(typ));
        if is_accepted { Ok(()) } else { Err(TokenError::Type) }
    }
}

#[cfg(feature = "testing")]
pub(crate) fn verify_signature(key: &crate::keys::verifying_key::VerifyingKey, input: &[u8], signature: &[u8]) -> bool {
    key.verify_bytes(input, signature).is_ok()
}

/// Verifies a JWS with one key and returns its payload.
#[cfg(feature = "testing")]
pub(crate) fn verify_jws(key: &crate::keys::verifying_key::VerifyingKey, jws: &str) -> Result<Vec<u8>, TokenError> {
    let parts = Compact::parse_jws(jws)?;
    let header = Header::parse(&compact::decode(parts.header)?)?;
    let key_set =
        crate::keys::key_set::KeySet::new(None, std::slice::from_ref(key)).map_err(|_| TokenError::UnknownKey)?;
    key_set.find(&header)?.verify(parts.signing_input, &compact::decode(parts.signature)?)?;
    compact::decode(parts.payload)
}

impl Audience {
    fn admits(&self, claims: &Payload) -> bool {
        match self {
            Self::Any => true,
            Self::OneOf(ours) => claims.aud().any(|aud| ours.iter().any(|own| own == aud)),
            Self::Exactly(ours) => claims.aud_is_single() && claims.aud().eq([ours.as_str()]),
        }
    }
}

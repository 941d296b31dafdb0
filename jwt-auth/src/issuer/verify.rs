//! Verification: from the bytes of a credential to a [`Token`], in the order of RFC 7519 section 7.2.

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

/// Whom a token must be for. "Configured" always means "required".
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Audience {
    /// No check; a token need not have an `aud`.
    Any,
    /// `aud` names at least one of these.
    OneOf(Vec<String>),
    /// `aud` is exactly this string and no list.
    Exactly(String),
}

/// What a token must say besides being signed.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    pub(crate) audience: Audience,
    /// Accepted values of `typ`, in lower case and without `application/`.
    pub(crate) types: Vec<String>,
    /// Seconds.
    pub(crate) leeway: u64,
    /// As `leeway`, for how far ahead `iat` and `nbf` may be.
    pub(crate) start_leeway: u64,
    /// How far `exp` may lie ahead, in seconds.
    pub(crate) max_lifetime: u64,
    pub(crate) required: Vec<String>,
}

impl Policy {
    /// The only way to a [`Token`] of a request.
    pub(crate) fn verify(
        &self,
        token: &str,
        trust: &Trust,
        now: Result<u64, ClockError>,
    ) -> Result<VerifiedToken, TokenError> {
        self.verify_at(token, trust, |_| now.map_err(|ClockError| TokenError::Clock))
    }

    /// A token that was valid until it expired, for whoever ends its session.
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

    /// Whether the token is for an audience that is accepted.
    pub(crate) fn is_for_us(&self, token: &Token) -> bool {
        self.audience.admits(&token.claims)
    }

    /// The audience of tokens that are issued. `None` where any is accepted.
    pub(crate) fn own_audience(&self) -> Option<&str> {
        match &self.audience {
            Audience::Any => None,
            Audience::Exactly(only) => Some(only),
            Audience::OneOf(ours) => ours.first().map(String::as_str),
        }
    }

    /// Whether a token that verified before is still valid.
    pub(crate) fn is_still_valid(&self, token: &Token, now: Result<u64, ClockError>) -> Result<(), TokenError> {
        self.check_times(&token.claims, now.map_err(|ClockError| TokenError::Clock)?)
    }

    /// Valid from `nbf` and `iat` on, up to and not including `exp`.
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

/// The payload of a JWS that verifies with one key.
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

//! Verifies a token: finds its issuer and its key, checks the signature, and then everything that the issuer's policy asks for.

use std::fmt;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::clock::ClockError;
use crate::issuer::trust::{Trust, Trusted};
use crate::issuer::verified_token::{Until, VerifiedBy, VerifiedToken};
use crate::jose::compact::{self, Compact};
use crate::jose::error::TokenError;
use crate::jose::header::Header;
use crate::jose::payload::Payload;
use crate::jose::token::Token;
use crate::keys::key_set::{KeySet, ResolvedHeader};
use crate::keys::source::{KeySource, KeysUnavailable};

/// Why a token did not verify.
#[derive(Debug)]
pub(crate) enum Unverified {
    Refused(TokenError),
    /// The keys are not there yet. It is worth waiting once.
    KeysMissing(MissingKeys),
}

impl From<TokenError> for Unverified {
    fn from(error: TokenError) -> Self {
        Self::Refused(error)
    }
}

impl Unverified {
    /// The error for a caller that does not wait.
    pub(crate) fn without_waiting(self) -> TokenError {
        match self {
            Self::Refused(error) => error,
            Self::KeysMissing(missing) => missing.unknown_key(),
        }
    }
}

/// Keys that may be there after a wait.
pub(crate) struct MissingKeys {
    pub(crate) trusted: Arc<Trusted>,
    /// The header that names a key which the key set lacks. `None` if there are no keys at all.
    lacking: Option<Header>,
    /// The unverified `iat` of the token.
    issued_at: Option<u64>,
    /// The unverified `exp` of the token.
    expires_at: Option<u64>,
}

impl fmt::Debug for MissingKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MissingKeys").field("issuer", &self.trusted.name).finish_non_exhaustive()
    }
}

/// The claims that are read before the signature is checked. They only decide which keys are tried. Any other claim is skipped, and
/// a repeated name is an error.
#[derive(Deserialize)]
pub(crate) struct Peeked<'p> {
    #[serde(borrow)]
    iss: Option<&'p RawValue>,
    #[serde(borrow)]
    iat: Option<&'p RawValue>,
    #[serde(borrow)]
    exp: Option<&'p RawValue>,
}

impl Peeked<'_> {
    pub(crate) fn issuer(&self) -> Option<String> {
        serde_json::from_str(self.iss?.get()).ok()
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a cast of a number out of range saturates"
    )]
    fn seconds(written: Option<&RawValue>) -> Option<u64> {
        serde_json::from_str::<f64>(written?.get()).ok().map(|seconds| seconds as u64)
    }
}

pub(crate) fn peek(payload: &[u8]) -> Result<Peeked<'_>, TokenError> {
    serde_json::from_slice(payload).map_err(|_| TokenError::Payload)
}

/// The `iss` that a token names. Nothing of the token has been verified.
pub(crate) fn unverified_issuer(token: &str) -> Option<String> {
    peek(&compact::decode(Compact::parse(token).ok()?.payload).ok()?).ok()?.issuer()
}

/// An issuer that a token may come from, and the key that its header names.
struct Candidate {
    trusted: Arc<Trusted>,
    key_set: Arc<KeySet>,
    resolved: Arc<ResolvedHeader>,
    /// Whether a token with this exact header has verified before.
    is_accepted: bool,
    /// Whether the `iss` of the token, or that there is only one issuer, has led to this issuer.
    is_named: bool,
}

impl Trust {
    /// Verifies the token of a request. Apart from an answer of an introspection endpoint there is no other way to get a [`Token`]
    /// from a request.
    pub(crate) fn verify(&self, token: &str, now: Result<u64, ClockError>) -> Result<VerifiedToken, Unverified> {
        self.verify_at(token, |_| now.map_err(|ClockError| TokenError::Clock))
    }

    /// Verifies a token that may have expired, so that its session can be ended. It must have been valid in its last
    /// second.
    pub(crate) fn verify_expired(&self, token: &str) -> Option<Token> {
        let last_second = |claims: &Payload| Ok(claims.exp.saturating_sub(1));
        self.verify_at(token, last_second).ok().map(|entry| entry.token)
    }

    fn verify_at(
        &self,
        token: &str,
        now: impl Fn(&Payload) -> Result<u64, TokenError>,
    ) -> Result<VerifiedToken, Unverified> {
        let parts = Compact::parse(token)?;
        if let Some(only) = self.only_one() {
            return only.candidate(&parts)?.verify(&parts, now).map_err(Unverified::Refused);
        }
        // Most tokens have a header with which a token of the same issuer has verified before. Two issuers may have the same
        // header and even the same key, so only a token that verifies is answered here; else the `iss` decides.
        if let Some(likely) = self.find_map(|trusted| trusted.accepted(&parts))
            && let Ok(verified) = likely.verify(&parts, &now)
        {
            return Ok(verified);
        }
        // Read first, so that a bad header is reported as such.
        Header::parse(&compact::decode(parts.header)?)?;
        let payload = compact::decode(parts.payload)?;
        let issuer = peek(&payload)?.issuer().ok_or(TokenError::Claim("iss".into()))?;
        let trusted = self.find(&issuer).ok_or_else(|| TokenError::Issuer(issuer.into()))?;
        trusted.candidate(&parts)?.verify(&parts, now).map_err(Unverified::Refused)
    }
}

impl Trusted {
    /// The candidate, if a token of this issuer with this exact header has verified before.
    fn accepted(self: &Arc<Self>, parts: &Compact<'_>) -> Option<Candidate> {
        let key_set = self.keys.as_ref()?.key_set()?;
        let resolved = key_set.accepted(parts.header).filter(|_| parts.length() <= self.policy.max_bytes)?;
        Some(Candidate { trusted: Arc::clone(self), key_set, resolved, is_accepted: true, is_named: false })
    }

    fn candidate(self: &Arc<Self>, parts: &Compact<'_>) -> Result<Candidate, Unverified> {
        if parts.length() > self.policy.max_bytes {
            return Err(TokenError::TooLong.into());
        }
        let source = self.keys.as_ref().ok_or_else(|| self.unknown_key(None))?;
        let Some(key_set) = source.key_set() else {
            return Err(self.missing_keys(parts, None));
        };
        let trusted = Arc::clone(self);
        if let Some(resolved) = key_set.accepted(parts.header) {
            return Ok(Candidate { trusted, key_set, resolved, is_accepted: true, is_named: true });
        }
        let header = Header::parse(&compact::decode(parts.header)?)?;
        match key_set.find(&header).cloned() {
            Ok(key) => {
                if self.policy.algorithms.as_ref().is_some_and(|accepted| !accepted.contains(&header.algorithm)) {
                    return Err(TokenError::Algorithm.into());
                }
                let resolved = Arc::new(ResolvedHeader { segment: parts.header.into(), header, key });
                Ok(Candidate { trusted, key_set, resolved, is_accepted: false, is_named: true })
            }
            Err(TokenError::UnknownKey { .. }) => Err(self.missing_keys(parts, Some(header))),
            Err(error) => {
                if error == TokenError::Algorithm && header.kid.is_some() {
                    // The issuer may have replaced the key of this name by one of another algorithm.
                    self.refetch();
                }
                Err(error.into())
            }
        }
    }

    fn unknown_key(&self, kid: Option<&str>) -> TokenError {
        TokenError::unknown_key(kid).of_issuer(&self.name)
    }

    /// Fetches the keys again, if they are fetched and the cooldown is over.
    fn refetch(&self) {
        if let Some(KeySource::Remote(remote)) = &self.keys {
            remote.refetch();
        }
    }

    /// The error for a token whose key is not there. It is worth waiting only if the keys are fetched, and if the token says that
    /// it comes from this issuer and has not expired.
    fn missing_keys(self: &Arc<Self>, parts: &Compact<'_>, lacking: Option<Header>) -> Unverified {
        if !matches!(self.keys, Some(KeySource::Remote(_))) {
            return self.unknown_key(lacking.as_ref().and_then(|header| header.kid.as_deref())).into();
        }
        let payload = match compact::decode(parts.payload) {
            Ok(payload) => payload,
            Err(error) => return error.into(),
        };
        let peeked = match peek(&payload) {
            Ok(peeked) => peeked,
            Err(error) => return error.into(),
        };
        match peeked.issuer() {
            None => return TokenError::Claim("iss".into()).into(),
            Some(issuer) if !self.is_named(&issuer) => return TokenError::Issuer(issuer.into()).into(),
            Some(_) => {}
        }
        Unverified::KeysMissing(MissingKeys {
            trusted: Arc::clone(self),
            lacking,
            issued_at: Peeked::seconds(peeked.iat),
            expires_at: Peeked::seconds(peeked.exp),
        })
    }
}

impl Candidate {
    /// Checks the signature, and then the claims.
    fn verify(
        self,
        parts: &Compact<'_>,
        now: impl Fn(&Payload) -> Result<u64, TokenError>,
    ) -> Result<VerifiedToken, TokenError> {
        let Self { trusted, key_set, resolved, is_accepted, is_named } = self;
        let policy = &trusted.policy;
        let mut buffer = [0; compact::MAX_SIGNATURE];
        let signature = compact::decode_signature(parts.signature, &mut buffer)?;
        if !resolved.key.serves(&trusted.name) {
            return Err(trusted.unknown_key(resolved.header.kid.as_deref()));
        }
        // The issuer may have replaced the key without giving it a new name.
        resolved.key.verify(parts.signing_input, signature).inspect_err(|_| {
            if is_named {
                trusted.refetch();
            }
        })?;
        if !is_accepted {
            key_set.accept(Arc::clone(&resolved));
        }
        let mut claims = policy.read(compact::decode(parts.payload)?)?;
        policy.check_times(&claims, now(&claims)?)?;
        if !trusted.is_named(claims.iss()) {
            return Err(TokenError::Issuer(claims.iss().into()));
        }
        policy.check(&resolved.header, &claims)?;
        claims.rename_issuer(&trusted.name);
        let until = Until::KeySetChanges(key_set.number());
        Ok(VerifiedToken::new(Token::new(claims), VerifiedBy { trusted, until }))
    }
}

impl MissingKeys {
    fn unknown_key(&self) -> TokenError {
        self.trusted.unknown_key(self.lacking.as_ref().and_then(|header| header.kid.as_deref()))
    }

    /// Waits until the keys may be there. Returns the error if the keys cannot be fetched, since the token then cannot be checked.
    /// An expired token is not waited for, because no key makes it valid.
    pub(crate) async fn wait(&self, now: Result<u64, ClockError>) -> Result<(), KeysUnavailable> {
        let (Some(KeySource::Remote(remote)), Ok(now)) = (&self.trusted.keys, now) else { return Ok(()) };
        let Some(header) = &self.lacking else { return remote.ready().await };
        if self.expires_at.is_some_and(|exp| exp.saturating_add(self.trusted.policy.leeway) <= now) {
            return Ok(());
        }
        remote.wait_for_key(header, self.issued_at, now).await.map(drop)
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
    let key_set = KeySet::new(None, std::slice::from_ref(key)).map_err(|_| TokenError::unknown_key(None))?;
    key_set.find(&header)?.verify(parts.signing_input, compact::decode(parts.signature)?.as_slice())?;
    compact::decode(parts.payload)
}

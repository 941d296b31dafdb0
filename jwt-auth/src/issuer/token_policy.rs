//! What a token must be to be accepted, apart from its signature: its times, its issuer, audience, type and other claims (RFC 7519
//! section 7.2). Each issuer has a policy of its own (RFC 8725 section 3.8).

use std::borrow::Cow;

use crate::clock::ClockError;
use crate::jose::algorithm::Algorithm;
use crate::jose::error::TokenError;
use crate::jose::header::Header;
use crate::jose::payload::claim_path::ClaimPath;
use crate::jose::payload::resolve::ClaimNames;
use crate::jose::payload::{Payload, Profile};
use crate::jose::token::Token;

/// The audience that a token must have. If one is configured, a token without one is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Audience {
    /// Not checked. A token need not have an `aud`.
    Any,
    /// `aud` names at least one of these.
    OneOf(Vec<String>),
    /// `aud` is exactly this string, not a list.
    Exactly(String),
    /// One of these claims names at least one of the texts. For issuers that write no `aud`.
    In(Vec<ClaimPath>, Vec<String>),
}

/// The values of `typ` that are accepted.
#[derive(Clone, Debug)]
pub(crate) struct Types {
    /// In lower case and without `application/`.
    pub(crate) accepted: Vec<String>,
    pub(crate) may_be_absent: bool,
}

/// Demands on further claims, for the tokens of other issuers.
#[derive(Clone, Debug, Default)]
pub(crate) struct ClaimRules {
    /// A token needs one claim of each group.
    pub(crate) one_of: Vec<Vec<ClaimPath>>,
    /// A token has none of these.
    pub(crate) forbidden: Vec<ClaimPath>,
    /// If the claim is present, it has none of these values.
    pub(crate) not: Vec<(ClaimPath, Vec<String>)>,
    /// The claim has one of these values.
    pub(crate) equal: Vec<(ClaimPath, Vec<String>)>,
    /// The first of these claims that the token has is one of the texts.
    pub(crate) callers: Option<(Vec<ClaimPath>, Vec<String>)>,
}

/// What the claims and the `typ` of an issuer's tokens must be.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    pub(crate) profile: Profile,
    pub(crate) names: ClaimNames,
    pub(crate) audience: Audience,
    pub(crate) types: Types,
    /// `None` accepts the algorithm of each key.
    pub(crate) algorithms: Option<Vec<Algorithm>>,
    /// How long after `exp` a token is still accepted, in seconds.
    pub(crate) leeway: u64,
    /// How far `iat` and `nbf` may lie in the future, in seconds.
    pub(crate) start_leeway: u64,
    /// How far `exp` may lie in the future, in seconds. `leeway` is added.
    pub(crate) max_lifetime: u64,
    /// The longest token, in bytes.
    pub(crate) max_bytes: usize,
    pub(crate) required: Vec<ClaimPath>,
    pub(crate) rules: ClaimRules,
}

impl Policy {
    /// Reads the payload in the profile of the issuer.
    pub(crate) fn read(&self, payload: Vec<u8>) -> Result<Payload, TokenError> {
        let mut claims = Payload::parse(payload, self.profile)?;
        if self.profile == Profile::Jwt {
            claims.resolve(&self.names)?;
        }
        Ok(claims)
    }

    /// Checks everything but the signature, the times and the issuer.
    pub(crate) fn check(&self, header: &Header, claims: &Payload) -> Result<(), TokenError> {
        self.check_audience(claims)?;
        self.check_type(header.typ.as_deref())?;
        self.check_claims(claims)
    }

    pub(crate) fn check_audience(&self, claims: &Payload) -> Result<(), TokenError> {
        if self.audience.admits(claims) {
            return Ok(());
        }
        let found: Vec<&str> = claims.aud().collect();
        Err(TokenError::Audience(found.join(" ").into()))
    }

    /// Checks the claims that have no rule of their own.
    pub(crate) fn check_claims(&self, claims: &Payload) -> Result<(), TokenError> {
        if let Some(missing) = self.required.iter().find(|path| !claims.has_at(path)) {
            return Err(TokenError::Claim(Cow::Owned(missing.to_string())));
        }
        self.rules.check(claims)
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
            Audience::OneOf(ours) | Audience::In(_, ours) => ours.first().map(String::as_str),
        }
    }

    /// Checks the times of a token that has verified before.
    pub(crate) fn is_still_valid(&self, token: &Token, now: Result<u64, ClockError>) -> Result<(), TokenError> {
        self.check_times(&token.claims, now.map_err(|ClockError| TokenError::Clock)?)
    }

    /// A token is valid from `nbf` and `iat` until just before `exp`.
    pub(crate) fn check_times(&self, claims: &Payload, now: u64) -> Result<(), TokenError> {
        let latest_start = now.saturating_add(self.start_leeway);
        if claims.exp.saturating_add(self.leeway) <= now {
            return Err(TokenError::Expired);
        }
        if claims.exp > now.saturating_add(self.max_lifetime).saturating_add(self.leeway) {
            return Err(TokenError::TooFar);
        }
        if [claims.iat, claims.nbf].into_iter().flatten().any(|start| start > latest_start) {
            return Err(TokenError::NotYetValid);
        }
        Ok(())
    }

    fn check_type(&self, typ: Option<&str>) -> Result<(), TokenError> {
        let Some(written) = typ else {
            return if self.types.may_be_absent { Ok(()) } else { Err(TokenError::Type("".into())) };
        };
        let prefix = "application/";
        let is_long = written.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
        let typ = if is_long { written.get(prefix.len()..).unwrap_or_default() } else { written };
        let is_accepted = self.types.accepted.iter().any(|accepted| accepted.eq_ignore_ascii_case(typ));
        if is_accepted { Ok(()) } else { Err(TokenError::Type(written.into())) }
    }
}

impl ClaimRules {
    fn check(&self, claims: &Payload) -> Result<(), TokenError> {
        if let Some(found) = self.forbidden.iter().find(|path| claims.has_at(path)) {
            return Err(TokenError::ForbiddenClaim(found.to_string().into()));
        }
        let is_one_of =
            |path: &ClaimPath, values: &[String]| claims.texts_at(path).iter().any(|text| values.contains(text));
        if let Some((path, _)) = self.not.iter().find(|(path, values)| is_one_of(path, values)) {
            return Err(TokenError::WrongValue(path.to_string().into()));
        }
        if let Some((path, _)) = self.equal.iter().find(|(path, values)| !is_one_of(path, values)) {
            return Err(TokenError::WrongValue(path.to_string().into()));
        }
        if let Some(missing) = self.one_of.iter().find(|group| !group.iter().any(|path| claims.has_at(path))) {
            let names: Vec<String> = missing.iter().map(ClaimPath::to_string).collect();
            return Err(TokenError::Claim(Cow::Owned(names.join("` or `"))));
        }
        let Some((paths, callers)) = &self.callers else { return Ok(()) };
        let found = paths.iter().find_map(|path| claims.texts_at(path).into_iter().next()).unwrap_or_default();
        if callers.contains(&found) { Ok(()) } else { Err(TokenError::Caller(found.into())) }
    }
}

impl Audience {
    /// Whether a token may have this audience.
    pub(crate) fn names(&self, audience: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Exactly(only) => only == audience,
            Self::OneOf(ours) | Self::In(_, ours) => ours.iter().any(|own| own == audience),
        }
    }

    fn admits(&self, claims: &Payload) -> bool {
        match self {
            Self::Any => true,
            Self::OneOf(ours) => claims.aud().any(|aud| ours.iter().any(|own| own == aud)),
            Self::Exactly(ours) => claims.aud_is_single() && claims.aud().eq([ours.as_str()]),
            Self::In(paths, ours) => {
                paths.iter().any(|path| claims.texts_at(path).iter().any(|text| ours.iter().any(|own| own == text)))
            }
        }
    }
}

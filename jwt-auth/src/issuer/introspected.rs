//! Checks a token by asking its issuer (RFC 7662).

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::issuer::introspector::Introspector;
use crate::issuer::trust::{Other, Trust, Trusted};
use crate::issuer::verified_token::{Until, VerifiedBy, VerifiedToken};
use crate::issuer::verify::peek;
use crate::jose::compact::{self, Compact};
use crate::jose::error::TokenError;
use crate::jose::json::{self, MAX_DEPTH};
use crate::jose::token::Token;
use crate::keys::source::KeysUnavailable;

/// Kinds of tokens that are not access tokens, or that are bound to a key.
const OTHER_KINDS: [&str; 7] = ["refresh_token", "refresh", "id_token", "id", "dpop", "pop", "mac"];
/// The members in which issuers write the kind of a token (RFC 7662 section 2.2, and Ory Hydra).
const KIND: [&str; 2] = ["token_type", "token_use"];

/// Why a token could not be checked.
pub(crate) enum NotIntrospected {
    Refused(TokenError),
    Unavailable(Arc<Trusted>, KeysUnavailable),
}

impl Trust {
    /// The issuers to ask about a token, in this order. None for a token that keys decide about: a JWT whose `iss` names an issuer
    /// with keys, or no trusted issuer. The token of an issuer that is not trusted is sent nowhere.
    pub(crate) fn asked(&self, token: &str) -> Vec<Arc<Trusted>> {
        let introspecting: Vec<Arc<Trusted>> =
            self.each_one().into_iter().filter(|trusted| trusted.introspector.is_some()).collect();
        if introspecting.is_empty() {
            return introspecting;
        }
        let fits = |trusted: &Arc<Trusted>| token.len() <= trusted.policy.max_bytes;
        let Ok(parts) = Compact::parse(token) else { return introspecting.into_iter().filter(fits).collect() };
        let is_jwt = compact::decode(parts.header).is_ok_and(|header| json::object(&header, MAX_DEPTH).is_ok());
        if !is_jwt {
            return introspecting.into_iter().filter(fits).collect();
        }
        let named = compact::decode(parts.payload).ok().and_then(|payload| peek(&payload).ok()?.issuer());
        let is_of = |trusted: &Arc<Trusted>| {
            trusted.keys.is_none() && named.as_deref().is_some_and(|named| trusted.is_named(named))
        };
        introspecting.into_iter().filter(|trusted| fits(trusted) && is_of(trusted)).collect()
    }

    /// Whether any issuer is asked about tokens.
    pub(crate) fn introspects(&self) -> bool {
        self.has_other(|other| matches!(other, Other::One(trusted) if trusted.introspector.is_some()))
    }
}

/// Offers a token to each issuer until one says that it is active.
pub(crate) async fn introspect(
    issuers: &[Arc<Trusted>],
    token: &str,
    now: u64,
) -> Result<VerifiedToken, NotIntrospected> {
    let mut failed = NotIntrospected::Refused(TokenError::Inactive);
    for trusted in issuers {
        let Some(introspector) = &trusted.introspector else { continue };
        match introspector.ask(token, now).await {
            Ok(Some(members)) => {
                return trusted.read_answer(introspector, &members, now).map_err(NotIntrospected::Refused);
            }
            Ok(None) => {}
            Err(error) => failed = NotIntrospected::Unavailable(Arc::clone(trusted), error),
        }
    }
    Err(failed)
}

impl Trusted {
    /// Makes a token of the answer, with the checks that a JWT of the issuer has to pass too.
    fn read_answer(
        self: &Arc<Self>,
        introspector: &Introspector,
        members: &Map<String, Value>,
        now: u64,
    ) -> Result<VerifiedToken, TokenError> {
        let until = now.saturating_add(introspector.cache_for().max(1));
        let mut members = members.clone();
        for name in KIND {
            let kind = members.get(name).and_then(Value::as_str).unwrap_or_default();
            if OTHER_KINDS.iter().any(|other| kind.eq_ignore_ascii_case(other)) {
                return Err(TokenError::WrongValue(name.into()));
            }
        }
        for (name, value) in [("iss", Value::from(self.name.as_str())), ("exp", Value::from(until))] {
            if members.get(name).is_none_or(Value::is_null) {
                members.insert(name.to_owned(), value);
            }
        }
        let payload = serde_json::to_vec(&members).map_err(|_| TokenError::Payload)?;
        let mut claims = self.policy.read(payload)?;
        self.policy.check_times(&claims, now)?;
        // It can have been removed while it was asked.
        if !self.is_named(claims.iss()) || !self.is_trusted() {
            return Err(TokenError::Issuer(Cow::from(claims.iss()).into()));
        }
        self.policy.check_audience(&claims)?;
        self.policy.check_claims(&claims)?;
        claims.rename_issuer(&self.name);
        Ok(VerifiedToken::new(
            Token::new(claims),
            VerifiedBy { trusted: Arc::clone(self), until: Until::Second(until) },
        ))
    }
}

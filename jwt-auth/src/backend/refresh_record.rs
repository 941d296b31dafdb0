//! What a session's record keeps of its sign-in, the access token that it stands for, and its refresh tokens.

use serde_json::{Map, Value};

use super::issued::NewRefreshToken;
use super::refresh_secret::Secret;
use super::{Inner, LoginError, RefreshTokens};
use crate::store::Refresh;
use crate::token::{Claims, Policy, Token};

/// The name under which a session's claims hold the audience that its tokens are for. No claim of a user has a registered name.
const AUDIENCE: &str = "aud";

/// The claims that are kept of a session, as JSON.
pub(super) fn kept_claims(extras: &Map<String, Value>, policy: &Policy) -> Result<String, LoginError> {
    let mut kept = extras.clone();
    if let Some(aud) = policy.own_audience() {
        kept.insert(AUDIENCE.to_owned(), aud.into());
    }
    serde_json::to_string(&kept).map_err(|error| LoginError::Claims(error.to_string()))
}

/// What an access token of the session says, as of its sign-in. `None` where it is for an audience that this backend does not
/// accept: the session is another backend's on the same store.
pub(super) fn record_token<A>(inner: &Inner<A>, record: &Refresh) -> Option<Token> {
    let mut extras: Map<String, Value> = serde_json::from_str(&record.claims).ok()?;
    let aud = extras.remove(AUDIENCE).and_then(|aud| aud.as_str().map(str::to_owned));
    let token = Token::of(&Claims {
        iss: record.issuer.clone(),
        sub: record.subject.clone(),
        aud: aud.into_iter().collect(),
        aud_is_single: true,
        exp: record.ends_at,
        iat: record.began_at,
        client_id: Some(record.client_id.clone()),
        scope: Some(record.scope.clone()).filter(|scope| !scope.is_empty()),
        session: Some(record.session.clone()),
        extras,
        ..Claims::default()
    });
    inner.policy.is_for_us(&token).then_some(token)
}

impl RefreshTokens {
    /// A refresh token for the answer, which a browser keeps until it can be used no more.
    pub(super) fn new_token(&self, secret: &Secret, ends_at: u64, now: u64) -> NewRefreshToken {
        NewRefreshToken { text: secret.text(), max_age: ends_at.saturating_sub(now).min(self.idle.as_secs()) }
    }
}

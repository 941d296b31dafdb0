//! The claims that a session keeps from its sign-in, and the tokens with these claims.

use serde_json::{Map, Value};

use jwt_auth_grammar::claim::TextClaim;

use crate::backend::Stages;
use crate::issuer::token_policy::Policy;
use crate::jose::claims::{Claims, Texts};
use crate::jose::token::Token;
use crate::records::refresh::FoundSession;
use crate::session::errors::LoginError;

/// The name under which the kept claims hold the audience. It is a registered name, so no claim of the user has it.
const AUDIENCE: &str = "aud";

/// The claims that a session keeps, as JSON.
pub(crate) fn kept_claims(extras: &Map<String, Value>, policy: &Policy) -> Result<String, LoginError> {
    let mut kept = extras.clone();
    if let Some(aud) = policy.own_audience() {
        kept.insert(AUDIENCE.to_owned(), aud.into());
    }
    serde_json::to_string(&kept).map_err(|error| LoginError::Claims(error.to_string()))
}

/// Reads the claims that a session keeps: the user's claims, and the audience of the tokens.
fn parsed(kept: &str) -> Option<(Map<String, Value>, Vec<String>)> {
    let mut own: Map<String, Value> = serde_json::from_str(kept).ok()?;
    let audience = own.remove(AUDIENCE).and_then(|audience| audience.as_str().map(str::to_owned));
    Some((own, audience.into_iter().collect()))
}

/// An access token of the session, with the claims of its sign-in. `None` if this backend does not accept its audience: the
/// session belongs to another backend on the same store.
pub(crate) fn token_of_session<A>(stages: &Stages<A>, found: &FoundSession) -> Option<Token> {
    let session = &found.session;
    let (extras, aud) = parsed(&session.claims)?;
    let mut texts =
        Texts::default().with(TextClaim::ClientId, session.client_id.clone()).with(TextClaim::Session, found.id.text());
    texts.set(TextClaim::Scope, Some(session.scope.clone()).filter(|scope| !scope.is_empty()));
    let token = Token::of(&Claims {
        iss: found.issuer.clone(),
        sub: found.subject.clone(),
        aud,
        aud_is_single: true,
        exp: session.ends_at,
        iat: session.began_at,
        texts,
        extras,
        ..Claims::default()
    });
    stages.issuance.policy.is_for_us(&token).then_some(token)
}

/// Whether this backend accepts the tokens of a session with these kept claims.
pub(crate) fn audience_is_ours<A>(stages: &Stages<A>, kept: &str) -> bool {
    let Some((_, aud)) = parsed(kept) else { return false };
    // The tokens that we issue have their audience as a string, so `strict_audience` accepts them.
    stages.issuance.policy.is_for_us(&Token::of(&Claims { aud, aud_is_single: true, ..Claims::default() }))
}

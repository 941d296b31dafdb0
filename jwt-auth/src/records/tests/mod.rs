//! Tests of single decisions and effects. The tests in `model` check how they work together.

mod bounds;
mod decisions;
mod effects;
mod encoding;
mod faulty;
mod memory;

use crate::records::begin::Begun;
use crate::records::end::{EndedToken, RevokedToken};
use crate::records::live_session::LiveSession;
use crate::records::names::{Attempt, JwtIdHash, SealedSuccessor, SessionId, TokenHash};
use crate::records::refresh::TokenUse;
use crate::records::rules::Rules;
use crate::records::sessions::Account;
use crate::records::subject::Subject;

const NOW: u64 = 1_800_000_000;
const RULES: Rules = Rules { leeway: 5, clocks_apart: 2, longest_access: 1_000, max_sessions: 3 };
const ID: SessionId = SessionId([1; 16]);

fn session(began_at: u64) -> LiveSession {
    LiveSession {
        checked_at: began_at,
        began_at,
        refreshed_at: began_at,
        idle_until: began_at + 100,
        ends_at: began_at + 1_000,
        client_id: "web".into(),
        scope: "read write".into(),
        claims: "{}".into(),
        label: "Zoë's phone".into(),
        head: TokenHash([0; 32]),
        previous: None,
        access_until: began_at + 10,
    }
}

/// A subject with one session, whose newest token is 0.
fn subject() -> Subject {
    let mut subject = Subject::new("https://issuer.test", "7");
    assert_eq!(subject.begin(ID, session(NOW), &[], &RULES), Begun::Begun);
    subject
}

/// The use of the token `presented`, by an attempt of its own that proposes the token `next`.
fn use_of(presented: u8, next: u8) -> TokenUse {
    TokenUse {
        session: ID,
        presented: TokenHash([presented; 32]),
        attempt: Attempt([next; 16]),
        next: TokenHash([next; 32]),
        sealed: SealedSuccessor([next; 32]),
        grace: 0,
        idle: 100,
        access_until: NOW + 10,
        was_usable: false,
    }
}

/// An access token of a session, for a call that ends the session.
fn token_of(session: SessionId) -> EndedToken {
    let account = Account::new("https://issuer.test", "7").unwrap();
    let token = RevokedToken { jwt_id: JwtIdHash::new("j").unwrap(), expires_at: NOW + 10, issued_at: NOW };
    EndedToken { account, token, session: Some(session), is_ours: true }
}

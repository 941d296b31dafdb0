//! What must hold in every state.

use stateright::Property;

use crate::records::model::Protocol;
use crate::records::model::rules::is_live;
use crate::records::model::state::{SESSION, State};
use crate::records::names::SessionId;
use crate::records::summary::{AccessToken, Standing};
use crate::store::document::Version;

pub(crate) const ONE_SUCCESSOR: &str = "a token is replaced once and gives only one successor";
pub(crate) const ONCE: &str = "without faults a token is answered once";
pub(crate) const GIVES_NOTHING: &str = "an old token gives nothing";
pub(crate) const REFUSED_MEANS_ENDED: &str = "a token of the family is refused only if the session has ended";
pub(crate) const STAYS_SIGNED_IN: &str = "the client that retries stays signed in";
pub(crate) const STRANGER: &str = "a stranger ends nothing";
pub(crate) const SIGNED_OUT: &str = "signed out: no access token, no refresh";
pub(crate) const EVERYWHERE: &str = "signed out everywhere: no token with an older check";
pub(crate) const KEPT: &str = "a verifier sees the end of a session for as long as a token can live";
pub(crate) const CODE: &str = "a code used twice leaves no session";

pub(crate) fn all() -> Vec<Property<Protocol>> {
    macro_rules! unbroken {
        ($($name:ident)+) => {
            [$(Property::always($name, |_: &Protocol, state: &State| !state.history.broken.contains($name))),+]
        };
    }
    let mut properties: Vec<Property<Protocol>> =
        Vec::from(unbroken!(ONE_SUCCESSOR ONCE GIVES_NOTHING REFUSED_MEANS_ENDED STAYS_SIGNED_IN STRANGER));
    properties.push(Property::always(SIGNED_OUT, |model: &Protocol, state: &State| {
        !state.history.is_signed_out
            || (!is_live(&state.subject.1) && model.standing(state, Some(SESSION), true, 0) == Standing::SessionEnded)
    }));
    properties.push(Property::always(EVERYWHERE, |model: &Protocol, state: &State| {
        let ended = state.history.ended_all;
        let older = state.history.issued.iter().filter(|issued| issued.older_than & ended != 0);
        older.into_iter().all(|one| model.standing(state, one.session, true, one.issued_at) != Standing::Accepted)
    }));
    properties.push(Property::always(KEPT, |model: &Protocol, state: &State| {
        // `time` is the slowest clock. A verifier reads its clock up to a second before it asks the store.
        let is_accepted = state.time <= state.history.access_until + model.rules.leeway;
        !(state.history.is_signed_out && is_accepted)
            || model.standing(state, Some(SESSION), false, 0) == Standing::SessionEnded
    }));
    properties.push(Property::always(CODE, |_: &Protocol, state: &State| {
        state.history.code_used_twice.is_none_or(|session| state.subject.1.live(session).is_none())
    }));
    properties
}

impl Protocol {
    fn standing(&self, state: &State, session: Option<SessionId>, is_ours: bool, issued_at: u64) -> Standing {
        let version = Version::from_bytes(&[0; 16]).unwrap();
        let summary = state.subject.1.encode(version, &self.rules).summary;
        let token = AccessToken { session, is_ours, jwt_id: None, issued_at };
        token.standing(Some(&summary)).unwrap()
    }
}

//! The end of sessions and access tokens.

use super::effects::Account;
use super::live_session::Session;
use super::names::{JwtIdHash, SessionId};
use super::rules::{MAX_ENTRIES, MAX_REVOKED, Rules};
use super::subject::{Entry, Subject};

/// What became of ending a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Ending {
    Ended,
    /// It had ended before, or is unknown.
    WasOver,
}

/// One access token, to be revoked by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct RevokedToken {
    pub(crate) jwt_id: JwtIdHash,
    pub(crate) expires_at: u64,
    pub(crate) issued_at: u64,
    pub(crate) session: Option<SessionId>,
}

/// An access token that is to end, together with its session.
#[derive(Clone, Debug)]
pub(crate) struct EndedToken {
    pub(crate) account: Account,
    pub(crate) token: RevokedToken,
    /// Whether the store holds the sessions of its issuer.
    pub(crate) is_ours: bool,
}

impl Subject {
    /// Ends a token with its session. How long a session of another issuer lasts is not known, so its end is kept for as long as
    /// any token may live.
    pub(crate) fn end_token(&mut self, ended: &EndedToken, now: u64, rules: &Rules) {
        let RevokedToken { session, expires_at, .. } = ended.token;
        match session {
            // Where the session is in the store, it is known how long its access tokens live, whichever backend asks.
            Some(session) if ended.is_ours || self.live(session).is_some() => {
                self.end(session, rules);
            }
            // It has ended already, and how long that is kept was known then.
            Some(session) if self.entries.contains_key(&session) => {
                self.bar(session, rules.outlived(expires_at), rules);
            }
            Some(session) => {
                let latest = expires_at.max(now.saturating_add(rules.longest_access));
                self.make_room_for_ended();
                self.bar(session, rules.outlived(latest), rules);
            }
            None => self.revoke(&ended.token, rules),
        }
    }

    /// Forgets the ends that would be forgotten first, where there are too many to keep one more.
    fn make_room_for_ended(&mut self) {
        while self.entries.len() >= MAX_ENTRIES {
            let ended = self.entries.iter().filter_map(|(id, entry)| match entry {
                Entry::Ended { until } => Some((*until, *id)),
                Entry::Live(_) => None,
            });
            let Some((_, first)) = ended.min() else { return };
            self.entries.remove(&first);
        }
    }

    /// Ends a session. Only the time until which its access tokens would be accepted is kept.
    pub(crate) fn end(&mut self, id: SessionId, rules: &Rules) -> Ending {
        let Some(entry) = self.entries.get_mut(&id) else { return Ending::WasOver };
        let Entry::Live(session) = &*entry else { return Ending::WasOver };
        *entry = Entry::Ended { until: rules.outlived(session.access_until) };
        Ending::Ended
    }

    /// Signs the subject out everywhere. From now on, tokens and sessions whose check began until now, on any
    /// instance's clock, are refused.
    pub(crate) fn end_all(&mut self, now: u64, rules: &Rules) {
        let next_second = now.saturating_add(rules.apart).saturating_add(1);
        // It grows each time, so that a check stamped with the one before is refused by the next.
        self.before = next_second.max(self.before.saturating_add(1));
        let live: Vec<SessionId> = self.sessions().map(|(id, _)| id).collect();
        for id in live {
            self.end(id, rules);
        }
    }

    /// Tries [`end_all`](Self::end_all) of that second again, however much later. What rests on a check since then goes on.
    pub(crate) fn end_all_again(&mut self, now: u64, rules: &Rules) {
        let next_second = now.saturating_add(rules.apart).saturating_add(1);
        if self.before >= next_second {
            // It was carried out, or a later one was.
            return;
        }
        self.before = next_second;
        let is_stale = |session: &Session| session.checked_at < next_second;
        let stale: Vec<SessionId> =
            self.sessions().filter(|(_, session)| is_stale(session)).map(|(id, _)| id).collect();
        for id in stale {
            self.end(id, rules);
        }
    }

    /// Revokes one access token. If too many are revoked already, more ends than this one: its session, or everything
    /// whose check began up to the same second.
    pub(crate) fn revoke(&mut self, token: &RevokedToken, rules: &Rules) {
        let until = rules.outlived(token.expires_at);
        if let Some(known) = self.revoked.get_mut(&token.jwt_id) {
            *known = until.max(*known);
        } else if self.revoked.len() < MAX_REVOKED {
            self.revoked.insert(token.jwt_id, until);
        } else if let Some(session) = token.session {
            self.bar(session, until, rules);
        } else {
            self.before = self.before.max(token.issued_at.saturating_add(1));
        }
    }

    /// Ends a session, and keeps it from beginning if it has not begun yet. `until` is when no access token of it can be accepted
    /// any more.
    pub(crate) fn bar(&mut self, id: SessionId, until: u64, rules: &Rules) {
        self.end(id, rules);
        match self.entries.entry(id).or_insert(Entry::Ended { until }) {
            Entry::Ended { until: known } => *known = until.max(*known),
            Entry::Live(_) => {}
        }
    }
}

//! Ends sessions and access tokens.

use crate::records::effects::Account;
use crate::records::live_session::Session;
use crate::records::names::{JwtIdHash, SessionId};
use crate::records::rules::{MAX_ENTRIES, MAX_REVOKED, Rules};
use crate::records::subject::{Entry, Subject};

/// The outcome of ending a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Ending {
    Ended,
    /// It had ended before, or is unknown.
    WasOver,
}

/// One access token to revoke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct RevokedToken {
    pub(crate) jwt_id: JwtIdHash,
    pub(crate) expires_at: u64,
    pub(crate) issued_at: u64,
    pub(crate) session: Option<SessionId>,
}

/// An access token to end together with its session.
#[derive(Clone, Debug)]
pub(crate) struct EndedToken {
    pub(crate) account: Account,
    pub(crate) token: RevokedToken,
    /// Whether the store holds the sessions of the token's issuer.
    pub(crate) is_ours: bool,
}

impl Subject {
    /// Ends a token with its session. We do not know how long a session of another issuer lasts, so its end is kept for as long
    /// as any token may live.
    pub(crate) fn end_token(&mut self, ended: &EndedToken, now: u64, rules: &Rules) {
        let RevokedToken { session, expires_at, .. } = ended.token;
        match session {
            // If the session is in the store, the store knows how long its access tokens live, whichever backend asks.
            Some(session) if ended.is_ours || self.live(session).is_some() => {
                self.end(session, rules);
            }
            // The session has ended already, and it was known then how long to keep that. This token can only extend it.
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

    /// While there is no room for one more entry, removes the ended session that would expire first.
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

    /// Ends a session. Keeps only the time until which its access tokens could be accepted.
    pub(crate) fn end(&mut self, id: SessionId, rules: &Rules) -> Ending {
        let Some(entry) = self.entries.get_mut(&id) else { return Ending::WasOver };
        let Entry::Live(session) = &*entry else { return Ending::WasOver };
        *entry = Entry::Ended { until: rules.outlived(session.access_until) };
        Ending::Ended
    }

    /// Signs the subject out everywhere. From now on, a token or session is refused if the check of its user began before now, by
    /// any instance's clock.
    pub(crate) fn end_all(&mut self, now: u64, rules: &Rules) {
        let next_second = now.saturating_add(rules.apart).saturating_add(1);
        // Each sign-out raises `before`, so a check that was given the previous value as its time is refused too.
        self.before = next_second.max(self.before.saturating_add(1));
        let live: Vec<SessionId> = self.sessions().map(|(id, _)| id).collect();
        for id in live {
            self.end(id, rules);
        }
    }

    /// Retries the [`end_all`](Self::end_all) of the second `now`, however much later this runs. Sessions and tokens whose check
    /// began after that sign-out are not affected.
    pub(crate) fn end_all_again(&mut self, now: u64, rules: &Rules) {
        let next_second = now.saturating_add(rules.apart).saturating_add(1);
        if self.before >= next_second {
            // This sign-out or a later one was carried out already.
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

    /// Revokes one access token. If too many are revoked already, its whole session ends or, if it has none, everything whose
    /// check began up to its `iat`.
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

    /// Ends a session, and keeps it from beginning if it has not begun yet. From `until` on, none of its access tokens can be
    /// accepted.
    pub(crate) fn bar(&mut self, id: SessionId, until: u64, rules: &Rules) {
        self.end(id, rules);
        match self.entries.entry(id).or_insert(Entry::Ended { until }) {
            Entry::Ended { until: known } => *known = until.max(*known),
            Entry::Live(_) => {}
        }
    }
}

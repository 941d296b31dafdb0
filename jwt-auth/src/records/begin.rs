//! Begins a session.

use crate::records::live_session::Session;
use crate::records::names::SessionId;
use crate::records::rules::{MAX_BODY, MAX_ENTRIES, Rules};
use crate::records::subject::{Entry, Subject};

/// The outcome of a sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::enum_variant_names, reason = "the names of the protocol")]
pub(crate) enum Begun {
    Begun,
    /// The session was ended before it began: its authorization code was used twice, or the sign-in was given up.
    Barred,
    /// The user was signed out everywhere after the check began. A check is accepted if it begins in this second (since 1970) or
    /// later.
    Stale(u64),
    /// The account has begun too many sessions whose access tokens have not expired, or this one alone is too large.
    Full,
}

impl Subject {
    /// Begins `session` under this name, and ends `replaces`, in one step. If the account has too many sessions, the ones that
    /// were refreshed longest ago end.
    pub(crate) fn begin(
        &mut self,
        id: SessionId,
        session: Session,
        replaces: Option<SessionId>,
        rules: &Rules,
    ) -> Begun {
        match self.entries.get(&id) {
            // The same call was sent twice.
            Some(Entry::Live(live)) if live.head == session.head => return Begun::Begun,
            Some(_) => return Begun::Barred,
            None => {}
        }
        if session.checked_at < self.before {
            return Begun::Stale(self.before);
        }
        if self.entries.len() >= MAX_ENTRIES || session.size() > MAX_BODY {
            return Begun::Full;
        }
        if let Some(replaced) = replaces {
            self.end(replaced, rules);
        }
        self.make_room(rules.max_sessions.saturating_sub(1), MAX_BODY.saturating_sub(session.size()), rules);
        self.entries.insert(id, Entry::Live(Box::new(session)));
        Begun::Begun
    }

    /// Ends the sessions that were refreshed longest ago, until at most `sessions` are left and they take at most `bytes`
    /// together.
    fn make_room(&mut self, sessions: usize, bytes: usize, rules: &Rules) {
        loop {
            let is_above = self.sessions().count() > sessions || self.size() > bytes;
            let oldest = self.sessions().min_by_key(|(id, session)| (session.refreshed_at, session.began_at, *id));
            match oldest.map(|(id, _)| id) {
                Some(oldest) if is_above => self.end(oldest, rules),
                _ => return,
            };
        }
    }

    fn size(&self) -> usize {
        self.sessions().fold(0, |sum, (_, session)| sum.saturating_add(session.size()))
    }
}

impl Session {
    /// The size in bytes, with room for what a refresh adds.
    pub(crate) fn size(&self) -> usize {
        const FIXED: usize = 250;
        let texts = [&self.client_id, &self.scope, &self.claims, &self.label];
        texts.iter().fold(FIXED, |sum, text| sum.saturating_add(text.len()))
    }
}

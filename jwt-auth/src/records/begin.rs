//! Begins a session: the decision, and the effect in the store.

use std::sync::Arc;

use crate::records::end::EndedToken;
use crate::records::live_session::LiveSession;
use crate::records::names::SessionId;
use crate::records::refresh_token::RefreshToken;
use crate::records::rules::{MAX_BODY, MAX_ENTRIES, Rules};
use crate::records::sessions::{Account, Sessions};
use crate::records::subject::{Entry, Subject};
use crate::store::document::Key;
use crate::store::error::StoreError;

/// The outcome of a sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::enum_variant_names, reason = "the names of the protocol")]
pub(crate) enum Begun {
    Begun,
    /// The session was ended before it began: its authorization code was used twice, or the sign-in was given up.
    Blocked,
    /// The user was signed out everywhere after the check began. The value is the first second (since 1970) in which a new check
    /// is accepted.
    Stale(u64),
    /// The account has too many sessions (an ended one counts until its access tokens have expired), or this session alone is too
    /// large.
    Full,
}

/// A session to begin. Times are seconds since 1970.
#[derive(Clone, Debug)]
pub(crate) struct NewSession {
    /// When the check of the user (the password, for example) began.
    pub(crate) checked_at: u64,
    pub(crate) idle_until: u64,
    pub(crate) ends_at: u64,
    pub(crate) client_id: String,
    pub(crate) scope: String,
    /// Further claims of its access tokens, as JSON.
    pub(crate) claims: String,
    pub(crate) label: String,
    /// When its first access token expires.
    pub(crate) access_until: u64,
    /// The tokens that it replaces. Those of the same account end in the same step.
    pub(crate) replaces: Vec<EndedToken>,
}

impl Subject {
    /// Begins `session` with this id, and ends the tokens that it replaces, in one step. If the account has too many sessions,
    /// the ones that were refreshed longest ago end.
    pub(crate) fn begin(
        &mut self,
        id: SessionId,
        session: LiveSession,
        replaces: &[EndedToken],
        rules: &Rules,
    ) -> Begun {
        match self.entries.get(&id) {
            // The same call was sent twice.
            Some(Entry::Live(live)) if live.head == session.head => return Begun::Begun,
            Some(_) => return Begun::Blocked,
            None => {}
        }
        if session.checked_at < self.before {
            return Begun::Stale(self.before);
        }
        if self.entries.len() >= MAX_ENTRIES || session.size() > MAX_BODY {
            return Begun::Full;
        }
        replaces.iter().for_each(|replaced| self.end_token(replaced, session.began_at, rules));
        self.make_room(rules.max_sessions.saturating_sub(1), MAX_BODY.saturating_sub(session.size()), rules);
        self.make_room_for_entry();
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

impl LiveSession {
    /// The size in bytes, with room for what a refresh adds.
    pub(crate) fn size(&self) -> usize {
        const FIXED: usize = 250;
        let texts = [&self.client_id, &self.scope, &self.claims, &self.label];
        texts.iter().fold(FIXED, |sum, text| sum.saturating_add(text.len()))
    }
}

impl Sessions {
    /// Begins a session with its first refresh token. If the store does not confirm it, the session is ended in the background, and
    /// the token must not be handed out.
    pub(crate) async fn begin(
        &self,
        account: &Account,
        first: &RefreshToken,
        new: NewSession,
        now: u64,
    ) -> Result<Begun, StoreError> {
        let (id, head, key) = (first.session()?, first.changing.hash()?, Key::subject(account.tag));
        let (own, others): (Vec<_>, Vec<_>) =
            new.replaces.into_iter().partition(|replaced| replaced.account.tag == account.tag);
        let access_until = new.access_until;
        let session = LiveSession {
            checked_at: new.checked_at,
            began_at: now,
            refreshed_at: now,
            idle_until: new.idle_until.min(new.ends_at),
            ends_at: new.ends_at,
            client_id: new.client_id,
            scope: new.scope,
            claims: new.claims,
            label: new.label,
            head,
            previous: None,
            access_until,
        };
        let (driver, owner) = (Arc::clone(&self.driver), account.clone());
        let begun = self.driver.run_to_end(async move {
            let begin = |subject: &mut Subject| {
                // If `block` created the document, it does not name its subject yet.
                (subject.issuer, subject.subject) = (owner.issuer.clone(), owner.subject.clone());
                subject.begin(id, session.clone(), &own, &driver.rules)
            };
            let begun = driver.change(key, owner.empty(), now, None, begin).await?;
            if begun == Begun::Begun {
                driver.end_tokens(&others, now).await?;
            }
            Ok(begun)
        });
        let begun = begun.await;
        if begun.is_err() {
            self.block_after_failure(account.tag, id, access_until, now);
        }
        begun
    }
}

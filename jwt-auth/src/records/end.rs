//! Ends sessions and access tokens: the decisions, and the effects in the store. An end that the store does not confirm is
//! retried in the background.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::records::driver::Driver;
use crate::records::live_session::LiveSession;
use crate::records::names::{JwtIdHash, SessionId};
use crate::records::retry::Retry;
use crate::records::rules::{MAX_ENTRIES, MAX_REVOKED, Rules};
use crate::records::sessions::{Account, Sessions};
use crate::records::subject::{Entry, Subject};
use crate::store::document::Key;
use crate::store::error::StoreError;
use crate::store::store_trait::Safety;
use crate::store::subject_tag::SubjectTag;

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
}

/// An access token to end together with its session.
#[derive(Clone, Debug)]
pub(crate) struct EndedToken {
    pub(crate) account: Account,
    pub(crate) token: RevokedToken,
    pub(crate) session: Option<SessionId>,
    /// Whether the store holds the sessions of the token's issuer.
    pub(crate) is_ours: bool,
}

impl Subject {
    /// Ends a token with its session. We do not know how long a session of another issuer lasts, so the record of its end is kept
    /// for as long as any token may live.
    pub(crate) fn end_token(&mut self, ended: &EndedToken, now: u64, rules: &Rules) {
        let expires_at = ended.token.expires_at;
        match ended.session {
            // If the session is in the store, the store knows how long its access tokens live, whichever backend asks.
            Some(session) if ended.is_ours || self.live(session).is_some() => {
                self.end(session, rules);
            }
            // The session has ended already, and its record says how long it is kept. This token can only extend that time.
            Some(session) if self.entries.contains_key(&session) => {
                self.block(session, rules.outlived(expires_at), rules);
            }
            Some(session) => {
                let latest = expires_at.max(now.saturating_add(rules.longest_access));
                self.make_room_for_entry();
                self.block(session, rules.outlived(latest), rules);
            }
            None => self.revoke(&ended.token, rules),
        }
    }

    /// While there is no room for one more entry, removes the ended session that would expire first.
    pub(crate) fn make_room_for_entry(&mut self) {
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

    /// Signs the subject out everywhere. From now on, a token or session is refused if the check of its user began before this
    /// sign-out, by any instance's clock.
    pub(crate) fn end_all(&mut self, now: u64, rules: &Rules) {
        let next_second = now.saturating_add(rules.clocks_apart).saturating_add(1);
        // Each sign-out raises `before`, so a check that was given the previous value as its time is refused too.
        self.before = next_second.max(self.before.saturating_add(1));
        let live: Vec<SessionId> = self.sessions().map(|(id, _)| id).collect();
        for id in live {
            self.end(id, rules);
        }
    }

    /// Retries an [`end_all`](Self::end_all) that was requested at `now`, however much later the retry runs. Sessions and tokens
    /// whose check began after that sign-out are not affected.
    pub(crate) fn end_all_again(&mut self, now: u64, rules: &Rules) {
        let next_second = now.saturating_add(rules.clocks_apart).saturating_add(1);
        if self.before >= next_second {
            // This sign-out or a later one was carried out already.
            return;
        }
        self.before = next_second;
        let is_stale = |session: &LiveSession| session.checked_at < next_second;
        let stale: Vec<SessionId> =
            self.sessions().filter(|(_, session)| is_stale(session)).map(|(id, _)| id).collect();
        for id in stale {
            self.end(id, rules);
        }
    }

    /// Revokes one access token without a session. If too many tokens are revoked already, every token without a session is
    /// refused if its `iat` is not later than that of this token, and so is a sign-in if its check began no later.
    pub(crate) fn revoke(&mut self, token: &RevokedToken, rules: &Rules) {
        let until = rules.outlived(token.expires_at);
        if let Some(known) = self.revoked.get_mut(&token.jwt_id) {
            *known = until.max(*known);
        } else if self.revoked.len() < MAX_REVOKED {
            self.revoked.insert(token.jwt_id, until);
        } else {
            self.before = self.before.max(token.issued_at.saturating_add(1));
        }
    }

    /// Ends a session, and keeps it from beginning if it has not begun yet. From `until` on, none of its access tokens can be
    /// accepted.
    pub(crate) fn block(&mut self, id: SessionId, until: u64, rules: &Rules) {
        let known = self.entries.get(&id).map_or(0, |entry| match entry {
            Entry::Live(session) => rules.outlived(session.access_until),
            Entry::Ended { until } => *until,
        });
        self.entries.insert(id, Entry::Ended { until: until.max(known) });
    }
}

impl Sessions {
    /// Ends a session.
    pub(crate) async fn end(&self, tag: SubjectTag, id: SessionId, now: u64) -> Result<Ending, StoreError> {
        let end = move |driver: Arc<Driver>, _| async move { driver.end(tag, id, now).await };
        self.driver.end_or_retry("ending a session", end).await
    }

    /// Ends a session, and keeps it from beginning if it has not begun yet. `access_until` is when its longest access token expires.
    #[cfg_attr(
        not(feature = "testing"),
        allow(dead_code, reason = "the authorization code flow will use it; tests of stores do")
    )]
    pub(crate) async fn block(
        &self,
        tag: SubjectTag,
        id: SessionId,
        access_until: u64,
        now: u64,
    ) -> Result<(), StoreError> {
        let block = move |driver: Arc<Driver>, _| async move {
            driver.block(tag, id, access_until, now, Safety::Confirmed).await
        };
        self.driver.end_or_retry("ending a session that may not have begun", block).await
    }

    /// Blocks a session in the background, because its sign-in failed but the store may still carry it out. If the user has no
    /// document, this is a write with [`Safety::Usual`]: failed sign-ins must not take the room that a store reserves for
    /// sign-outs.
    pub(crate) fn block_after_failure(&self, tag: SubjectTag, id: SessionId, access_until: u64, now: u64) {
        let block =
            move |driver: Arc<Driver>| async move { driver.block(tag, id, access_until, now, Safety::Usual).await };
        self.driver.retry(Retry::FailedSignIn, "ending the session of a failed sign-in", block);
    }

    /// Signs a user out everywhere. Once this has succeeded, a token or session is refused if its check began earlier. Returns
    /// the first second in which a new check of the user is accepted.
    pub(crate) async fn end_all(&self, account: &Account, now: u64) -> Result<u64, StoreError> {
        let account = account.clone();
        let end_all = move |driver: Arc<Driver>, is_retry: bool| {
            let account = account.clone();
            async move {
                let end_all = |subject: &mut Subject| {
                    match is_retry {
                        true => subject.end_all_again(now, &driver.rules),
                        false => subject.end_all(now, &driver.rules),
                    }
                    subject.before
                };
                driver.change(Key::subject(account.tag), account.empty(), now, Some(Safety::Confirmed), end_all).await
            }
        };
        self.driver.end_or_retry("signing a user out everywhere", end_all).await
    }

    /// Ends these tokens, each with its session. All tokens of one subject end in one step. This runs to its end even if the
    /// caller is dropped.
    pub(crate) async fn end_tokens(&self, tokens: Vec<EndedToken>, now: u64) -> Result<(), StoreError> {
        if tokens.is_empty() {
            return Ok(());
        }
        let tokens: Arc<[EndedToken]> = tokens.into();
        let end_tokens = move |driver: Arc<Driver>, _| {
            let tokens = Arc::clone(&tokens);
            async move { driver.end_tokens(&tokens, now).await }
        };
        self.driver.end_or_retry("ending a session", end_tokens).await
    }

    /// Like [`end_tokens`](Self::end_tokens), for the tokens that a sign-in replaces. It is not retried: if it fails, the sign-in
    /// fails, and the earlier sessions may continue.
    pub(crate) async fn end_replaced(&self, tokens: Vec<EndedToken>, now: u64) -> Result<(), StoreError> {
        if tokens.is_empty() {
            return Ok(());
        }
        let driver = Arc::clone(&self.driver);
        self.driver.run_to_end(async move { driver.end_tokens(&tokens, now).await }).await
    }
}

impl Driver {
    pub(crate) async fn end(&self, tag: SubjectTag, id: SessionId, now: u64) -> Result<Ending, StoreError> {
        let end = |subject: &mut Subject| subject.end(id, &self.rules);
        self.change(Key::subject(tag), Subject::default(), now, Some(Safety::Confirmed), end).await
    }

    /// `without_document` is how safe the write must be if the user has no document.
    async fn block(
        &self,
        tag: SubjectTag,
        id: SessionId,
        access_until: u64,
        now: u64,
        without_document: Safety,
    ) -> Result<(), StoreError> {
        let until = self.rules.outlived(access_until);
        let block = |subject: &mut Subject| subject.block(id, until, &self.rules);
        self.change(Key::subject(tag), Subject::default(), now, Some(without_document), block).await
    }

    /// Ends the tokens of each subject in one step.
    pub(crate) async fn end_tokens(&self, tokens: &[EndedToken], now: u64) -> Result<(), StoreError> {
        let tags: BTreeSet<SubjectTag> = tokens.iter().map(|token| token.account.tag).collect();
        for tag in tags {
            let of_subject = || tokens.iter().filter(|token| token.account.tag == tag);
            let Some(first) = of_subject().next() else { continue };
            let end = |subject: &mut Subject| {
                of_subject().for_each(|token| subject.end_token(token, now, &self.rules));
            };
            self.change(Key::subject(tag), first.account.empty(), now, Some(Safety::Confirmed), end).await?;
        }
        Ok(())
    }
}

//! The effects on sessions, as the backend calls them. Each runs to its end within the deadline, whether or not its
//! caller still waits.

use std::sync::Arc;
use std::time::Duration;

use super::attempt::Driver;
use super::begin::Begun;
use super::document::Key;
use super::end::{Ending, RevokedToken};
use super::list::ListedSession;
use super::live_session::Session;
use super::names::{SessionId, SubjectTag};
use super::rules::Rules;
use super::secrets::RefreshToken;
use super::store::DocumentStore;
use super::subject::Subject;
use super::summary::{AccessToken, Standing, before};
use crate::clock::Clock;
use crate::store::StoreError;

/// The sessions on a store. A cheap clone.
#[derive(Clone)]
pub(crate) struct Sessions {
    pub(super) driver: Arc<Driver>,
}

/// A subject of an issuer.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) tag: SubjectTag,
    issuer: String,
    subject: String,
}

impl Account {
    pub(crate) fn new(issuer: &str, subject: &str) -> Result<Self, StoreError> {
        let tag = SubjectTag::new(issuer, subject)?;
        Ok(Self { tag, issuer: issuer.to_owned(), subject: subject.to_owned() })
    }

    fn empty(&self) -> Subject {
        Subject::new(&self.issuer, &self.subject)
    }
}

/// A session that is to begin. Times are seconds since 1970.
#[derive(Clone, Debug)]
pub(crate) struct NewSession {
    /// When the check of the user that it rests on began.
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
    /// A session of the same account that it replaces.
    pub(crate) replaces: Option<SessionId>,
}

impl Sessions {
    /// `timeout` is the deadline of all calls of one effect together.
    pub(crate) fn new(store: Arc<dyn DocumentStore>, timeout: Duration, rules: Rules, clock: Arc<dyn Clock>) -> Self {
        Self { driver: Arc::new(Driver::new(store, timeout, rules, clock)) }
    }

    /// What the store says of an access token of this subject, where it answers at once.
    pub(crate) fn standing_at_once(
        &self,
        tag: SubjectTag,
        token: &AccessToken,
    ) -> Option<Result<Standing, StoreError>> {
        let summary = self.driver.store.summary_at_once(&Key::subject(tag))?;
        Some(token.standing(summary.as_ref()))
    }

    /// What the store says of an access token of this subject.
    pub(crate) async fn standing(&self, tag: SubjectTag, token: &AccessToken) -> Result<Standing, StoreError> {
        let key = Key::subject(tag);
        let summary = self.driver.in_time(self.driver.store.read_summary(&key)).await?;
        token.standing(summary.as_ref())
    }

    /// A sign-in whose check began before this second is stale. A sign-in without a session compares it before it
    /// answers.
    pub(crate) async fn stale_before(&self, tag: SubjectTag) -> Result<u64, StoreError> {
        let key = Key::subject(tag);
        before(self.driver.in_time(self.driver.store.read_summary(&key)).await?.as_ref())
    }

    /// Begins a session with its first refresh token. If the store gives no answer, the session is ended in the
    /// background, and the token must not be handed out.
    pub(crate) async fn begin(
        &self,
        account: &Account,
        first: &RefreshToken,
        new: NewSession,
        now: u64,
    ) -> Result<Begun, StoreError> {
        let (id, head, key) = (first.session()?, first.changing.hash()?, Key::subject(account.tag));
        let NewSession { replaces, access_until, .. } = new;
        let session = Session {
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
        let begun = self.driver.to_its_end(async move {
            let begin = |subject: &mut Subject| {
                // A document that was made by barring a session does not name its subject.
                (subject.issuer, subject.subject) = (owner.issuer.clone(), owner.subject.clone());
                subject.begin(id, session.clone(), replaces, &driver.rules)
            };
            driver.change(key, owner.empty(), now, false, begin).await
        });
        let begun = begun.await;
        if begun.is_err() {
            self.bar_later(account.tag, id, access_until, now);
        }
        begun
    }

    /// Ends a session.
    pub(crate) async fn end(&self, tag: SubjectTag, id: SessionId, now: u64) -> Result<Ending, StoreError> {
        let run = {
            let driver = Arc::clone(&self.driver);
            move || {
                let driver = Arc::clone(&driver);
                async move {
                    let end = |subject: &mut Subject| subject.end(id, &driver.rules);
                    driver.change(Key::subject(tag), Subject::default(), now, true, end).await
                }
            }
        };
        let ended = self.driver.to_its_end(run()).await;
        if ended.is_err() {
            self.driver.repeat("ending a session", move || discard(run()));
        }
        ended
    }

    /// Ends a session, and keeps it from beginning if it has not begun yet. `access_until` is when its longest access token expires.
    pub(crate) async fn bar(
        &self,
        tag: SubjectTag,
        id: SessionId,
        access_until: u64,
        now: u64,
    ) -> Result<(), StoreError> {
        let barred = self.driver.to_its_end(barring(Arc::clone(&self.driver), tag, id, access_until, now)).await;
        if barred.is_err() {
            self.bar_later(tag, id, access_until, now);
        }
        barred
    }

    fn bar_later(&self, tag: SubjectTag, id: SessionId, access_until: u64, now: u64) {
        let driver = Arc::clone(&self.driver);
        self.driver.repeat("ending a session that may not have begun", move || {
            barring(Arc::clone(&driver), tag, id, access_until, now)
        });
    }

    /// Signs a user out everywhere: once this has returned, every token and session whose check began before is
    /// refused.
    pub(crate) async fn end_all(&self, account: &Account, now: u64) -> Result<(), StoreError> {
        let run = {
            let (driver, account) = (Arc::clone(&self.driver), account.clone());
            move |is_repeated: bool| {
                let (driver, account) = (Arc::clone(&driver), account.clone());
                async move {
                    let end_all = |subject: &mut Subject| {
                        // A repeat of a write that was not confirmed must not end what has begun since.
                        if !(is_repeated && subject.before > now.saturating_add(driver.rules.apart)) {
                            subject.end_all(now, &driver.rules);
                        }
                    };
                    driver.change(Key::subject(account.tag), account.empty(), now, true, end_all).await
                }
            }
        };
        let ended = self.driver.to_its_end(run(false)).await;
        if ended.is_err() {
            self.driver.repeat("signing a user out everywhere", move || run(true));
        }
        ended
    }

    /// Revokes one access token.
    pub(crate) async fn revoke(&self, account: &Account, token: RevokedToken, now: u64) -> Result<(), StoreError> {
        let run = {
            let (driver, account) = (Arc::clone(&self.driver), account.clone());
            move || {
                let (driver, account) = (Arc::clone(&driver), account.clone());
                async move {
                    let revoke = |subject: &mut Subject| subject.revoke(&token, &driver.rules);
                    driver.change(Key::subject(account.tag), account.empty(), now, true, revoke).await
                }
            }
        };
        let revoked = self.driver.to_its_end(run()).await;
        if revoked.is_err() {
            self.driver.repeat("revoking a token", run);
        }
        revoked
    }

    /// The sessions that can be continued, the one that was refreshed last first.
    pub(crate) async fn list(&self, tag: SubjectTag, now: u64) -> Result<Vec<ListedSession>, StoreError> {
        let key = Key::subject(tag);
        let subject = self.driver.in_time(self.driver.subject(&key)).await?;
        Ok(subject.map(|subject| subject.list(now)).unwrap_or_default())
    }
}

async fn barring(
    driver: Arc<Driver>,
    tag: SubjectTag,
    id: SessionId,
    access_until: u64,
    now: u64,
) -> Result<(), StoreError> {
    let until = driver.rules.outlived(access_until);
    let bar = |subject: &mut Subject| subject.bar(id, until, &driver.rules);
    driver.change(Key::subject(tag), Subject::default(), now, true, bar).await
}

async fn discard<T>(effect: impl Future<Output = Result<T, StoreError>>) -> Result<(), StoreError> {
    effect.await.map(drop)
}

//! The sessions in a store, and what the backend asks about them. The effects (begin, refresh, end, ...) have files of their own.
//! Each runs to its end within the deadline, even if its caller is dropped.

use std::sync::Arc;
use std::time::Duration;

use crate::caches::subject_tags::SubjectTags;
use crate::clock::Clock;
use crate::observer::Observed;
use crate::records::driver::Driver;
use crate::records::live_session::LiveSession;
use crate::records::names::SessionId;
use crate::records::rules::Rules;
use crate::records::subject::Subject;
use crate::records::summary::{AccessToken, Standing, before};
use crate::store::document::{Key, Summary};
use crate::store::error::StoreError;
use crate::store::store_trait::Store;
use crate::store::subject_tag::SubjectTag;

/// The sessions in a store. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Sessions {
    pub(crate) driver: Arc<Driver>,
    tags: Arc<SubjectTags>,
}

/// A subject of an issuer.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) tag: SubjectTag,
    pub(crate) issuer: String,
    pub(crate) subject: String,
}

impl Account {
    pub(crate) fn new(issuer: &str, subject: &str) -> Result<Self, StoreError> {
        let tag = SubjectTag::new(issuer, subject)?;
        Ok(Self { tag, issuer: issuer.to_owned(), subject: subject.to_owned() })
    }

    pub(crate) fn empty(&self) -> Subject {
        Subject::new(&self.issuer, &self.subject)
    }
}

impl Sessions {
    /// `timeout` is the deadline for all store calls of one effect together. Once a token is accepted, the store is not asked
    /// about its subject again for `staleness` seconds; with 0 it is asked every time.
    pub(crate) fn new(
        store: Arc<dyn Store>,
        timeout: Duration,
        staleness: u64,
        rules: Rules,
        clock: Arc<dyn Clock>,
        observed: Observed,
    ) -> Self {
        let driver = Driver::new(store, timeout, staleness, rules, clock, observed);
        Self { driver: Arc::new(driver), tags: Arc::new(SubjectTags::new()) }
    }

    /// Names the document of a subject. Cached, so it is cheap.
    pub(crate) fn tag(&self, issuer: &str, subject: &str) -> Result<SubjectTag, StoreError> {
        self.tags.tag(issuer, subject)
    }

    /// Whether the store answers guarded requests without waiting.
    pub(crate) fn answers_at_once(&self) -> bool {
        self.driver.store.summary_at_once(&Key::nobody()).is_some()
    }

    /// What the store says about an access token of this subject. `None` if the store cannot answer without waiting.
    pub(crate) fn standing_at_once(
        &self,
        tag: SubjectTag,
        token: &AccessToken<'_>,
    ) -> Option<Result<Standing, StoreError>> {
        let summary = self.driver.store.summary_at_once(&Key::subject(tag))?;
        Some(token.standing(summary.as_ref()))
    }

    /// What the store says about an access token of this subject. A cached summary is enough to accept the token.
    pub(crate) async fn standing(
        &self,
        tag: SubjectTag,
        token: &AccessToken<'_>,
        now: u64,
    ) -> Result<Standing, StoreError> {
        let key = Key::subject(tag);
        let Some(cached) = &self.driver.summaries else { return token.standing(self.summary(&key).await?.as_ref()) };
        if let Some(summary) = cached.get(&key, now)
            // If the cached summary cannot be read, the store is asked.
            && token.standing(summary.as_ref()) == Ok(Standing::Accepted)
        {
            return Ok(Standing::Accepted);
        }
        let changes = cached.changes(&key);
        let summary = self.summary(&key).await?;
        let standing = token.standing(summary.as_ref());
        cached.keep(key, summary, now, changes);
        standing
    }

    async fn summary(&self, key: &Key) -> Result<Option<Summary>, StoreError> {
        self.driver.in_time(self.driver.store.read_summary(key)).await
    }

    /// A sign-in is stale if its check began before this second. A sign-in without a session tests this before it answers.
    pub(crate) async fn stale_before(&self, tag: SubjectTag) -> Result<u64, StoreError> {
        before(self.summary(&Key::subject(tag)).await?.as_ref())
    }

    /// The sessions that can be continued, most recently refreshed first.
    pub(crate) async fn list(&self, tag: SubjectTag, now: u64) -> Result<Vec<(SessionId, LiveSession)>, StoreError> {
        let key = Key::subject(tag);
        let subject = self.driver.in_time(self.driver.subject(&key)).await?;
        Ok(subject.map(|subject| subject.list(now)).unwrap_or_default())
    }

    /// For how many seconds after a sign-out everywhere a new sign-in may still be refused as stale.
    pub(crate) fn stale_for(&self) -> u64 {
        self.driver.rules.stale_for()
    }
}

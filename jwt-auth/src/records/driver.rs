//! Carries out an effect: read the document, decide, replace it. If another write came first, the driver starts again. One
//! deadline covers everything.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::caches::summaries::SummaryCache;
use crate::catch_panic::{Panicked, catch_panic_async};
use crate::clock::{Clock, timestamp};
use crate::effects::Effects;
use crate::observer::Observed;
use crate::records::endings::Endings;
use crate::records::retry::{Retries, Retry};
use crate::records::rules::Rules;
use crate::records::subject::{Entry, Subject};
use crate::store::document::{Key, Version};
use crate::store::error::StoreError;
use crate::store::store_trait::{Safety, Store};
use crate::time_limit::{Late, in_time, poll_once};

/// Clocks that disagree are logged at most this often.
const LOG_EVERY: Duration = Duration::from_secs(60);
/// How many times an effect is tried again without a pause if another write came first.
const WITHOUT_PAUSE: u32 = 3;

/// A store of documents, and what every effect needs to use it.
pub(crate) struct Driver {
    pub(crate) store: Arc<dyn Store>,
    /// The deadline of all calls of one effect together.
    pub(crate) timeout: Duration,
    pub(crate) rules: Rules,
    pub(crate) summaries: Option<SummaryCache>,
    /// Wakes the connections of a subject whose session ends.
    pub(crate) endings: Endings,
    observed: Observed,
    clock: Arc<dyn Clock>,
    logged_at: Mutex<Option<Instant>>,
    retries: Retries,
    effects: Effects,
}

impl Driver {
    pub(crate) fn new(
        store: Arc<dyn Store>,
        timeout: Duration,
        staleness: u64,
        rules: Rules,
        clock: Arc<dyn Clock>,
        observed: Observed,
    ) -> Self {
        let summaries = SummaryCache::new(staleness);
        let (endings, retries, logged_at) = (Endings::default(), Retries::new(), Mutex::new(None));
        Self { store, timeout, rules, summaries, endings, observed, clock, logged_at, retries, effects: Effects::new() }
    }

    /// The document of a subject.
    pub(crate) async fn subject(&self, key: &Key) -> Result<Option<Subject>, StoreError> {
        self.store.read(key).await?.document.as_ref().map(Subject::decode).transpose()
    }

    /// Carries out an effect on one subject. `absent` is the subject to start from if there is no document.
    ///
    /// For an effect that ends something, `ending` says how safe the write must be if there is no document yet. If there is one, the
    /// write is [`Safety::Confirmed`], and it is made even if the document shows the end already: the earlier write may not have
    /// been confirmed.
    pub(crate) async fn change<T>(
        &self,
        key: Key,
        absent: Subject,
        now: u64,
        ending: Option<Safety>,
        mut decide: impl FnMut(&mut Subject) -> T + Send,
    ) -> Result<T, StoreError> {
        let _changing = self.summaries.as_ref().map(|summaries| summaries.changing(key));
        let mut round = 0_u32;
        loop {
            let reading = self.store.read(&key).await?;
            let past = self.past(now, reading.clock);
            let (expected, mut subject) = match &reading.document {
                Some(document) => (Some(document.version), Subject::decode(document)?),
                None => (None, absent.clone()),
            };
            subject.prune(past, &self.rules);
            let before = subject.clone();
            let outcome = decide(&mut subject);
            let is_repeated = ending.is_some() && expected.is_some();
            if subject == before && !is_repeated {
                return Ok(outcome);
            }
            let safety = match (ending, expected) {
                (None, _) => safety(&before, &subject),
                (Some(_), Some(_)) => Safety::Confirmed,
                (Some(without_document), None) => without_document,
            };
            let version = Version::random()?;
            let new = (!subject.is_empty()).then(|| subject.encode(version, &self.rules));
            if self.store.replace(&key, expected, new, safety).await? {
                if safety == Safety::Confirmed {
                    self.endings.wake(&key);
                }
                return Ok(outcome);
            }
            round = round.saturating_add(1);
            if round > WITHOUT_PAUSE {
                pause(round, version).await;
            }
        }
    }

    /// Runs an effect to its end within the deadline, even if the caller is dropped. If the store answers at once, as a store in
    /// this process does, no task and no timer are needed.
    pub(crate) async fn run_to_end<T: Send + 'static>(
        &self,
        effect: impl Future<Output = Result<T, StoreError>> + Send + 'static,
    ) -> Result<T, StoreError> {
        // If the application's own store panics, that counts as an error of the store.
        let mut effect =
            Box::pin(async move { catch_panic_async(effect).await.unwrap_or_else(|Panicked| Err(panicked())) });
        if let Some(answer) = poll_once(effect.as_mut()).await {
            return self.observed.noting(answer);
        }
        let timeout = self.timeout;
        let running = self.effects.begin();
        let task = tokio::spawn(async move {
            let _running = running;
            tokio::time::timeout(timeout, effect).await
        });
        let answer = match task.await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(late()),
            Err(_) => Err(StoreError::new("the runtime is shutting down")),
        };
        self.observed.noting(answer)
    }

    /// Reads within the deadline. Dropping the caller cancels it.
    pub(crate) async fn in_time<T>(
        &self,
        reading: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        self.observed.noting(in_time(self.timeout, reading).await.unwrap_or_else(|Late| Err(late())))
    }

    /// Carries out an effect that ends a session or revokes a token. If the store does not confirm it, it is retried in the
    /// background. The effect's second argument says whether this is a retry.
    pub(crate) async fn end_or_retry<T: Send + 'static, F>(
        self: &Arc<Self>,
        what: &'static str,
        effect: impl Fn(Arc<Self>, bool) -> F + Send + 'static,
    ) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, StoreError>> + Send + 'static,
    {
        let ended = self.run_to_end(effect(Arc::clone(self), false)).await;
        if ended.is_err() {
            self.retry(Retry::SignOut, what, move |driver| effect(driver, true));
        }
        ended
    }

    /// Retries an effect in the background until it succeeds, for a minute at most.
    pub(crate) fn retry<T, F>(
        self: &Arc<Self>,
        kind: Retry,
        what: &'static str,
        effect: impl Fn(Arc<Self>) -> F + Send + 'static,
    ) where
        F: Future<Output = Result<T, StoreError>> + Send + 'static,
    {
        let driver = Arc::clone(self);
        self.retries.start(kind, what, self.timeout, self.effects.begin(), move || {
            let attempt = effect(Arc::clone(&driver));
            async move { attempt.await.map(drop) }
        });
    }

    /// Waits until the effects that are running have ended, for as long as the deadline of one. Returns how many have not.
    pub(crate) async fn finish(&self) -> usize {
        self.effects.ended(self.timeout).await
    }

    /// Entries that expired by the returned time are removed. The returned time is the earliest of `now`, this instance's clock
    /// and the store's clock.
    fn past(&self, now: u64, store: Option<u64>) -> u64 {
        let (Some(store), Ok(own)) = (store, timestamp(&*self.clock)) else { return now };
        if own.abs_diff(store) > self.rules.clocks_apart {
            let mut logged_at = self.logged_at.lock().unwrap_or_else(PoisonError::into_inner);
            if logged_at.is_none_or(|logged_at| logged_at.elapsed() >= LOG_EVERY) {
                *logged_at = Some(Instant::now());
                tracing::warn!(
                    target: "jwt_auth",
                    own,
                    store,
                    "the clocks of this instance and of the store disagree by {} seconds",
                    own.abs_diff(store)
                );
            }
        }
        now.min(own).min(store)
    }
}

/// [`Safety::Confirmed`] for a change that ends a session or revokes a token, since it must not be lost.
fn safety(before: &Subject, after: &Subject) -> Safety {
    let has_ended = after.entries.iter().any(|(id, entry)| {
        matches!(entry, Entry::Ended { .. }) && !matches!(before.entries.get(id), Some(Entry::Ended { .. }))
    });
    let is_more = after.before > before.before || after.revoked.len() > before.revoked.len();
    if has_ended || is_more { Safety::Confirmed } else { Safety::Usual }
}

/// A random pause that grows with each round, so that many writers of one document do not collide again.
pub(crate) async fn pause(round: u32, random: Version) {
    let most = 1_u64.checked_shl(round.min(6)).unwrap_or(64);
    let bytes = random.as_bytes().first_chunk::<8>().copied().unwrap_or_default();
    let milliseconds = u64::from_be_bytes(bytes).checked_rem(most).unwrap_or_default();
    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
}

fn late() -> StoreError {
    StoreError::new("the store did not answer in time")
}

fn panicked() -> StoreError {
    StoreError::new("the store panicked")
}

//! When the keys of one issuer are fetched, and who waits for them.
//!
//! Two attempts begin at least the cooldown apart, whatever requests ask for. A request whose key is missing waits for the
//! next attempt if it may begin soon, and is told when to come back otherwise. An attempt that began after the request knows
//! every key that the token can have, so one is enough.

use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::jose::error::TokenError;
use crate::jose::header::Header;
use crate::keys::key_set::{KeySet, Names};
use crate::keys::published::listed;
use crate::keys::remote::places::{Fetched, Remote};
use crate::keys::source::{KeysUnavailable, RemoteFuture, RemoteKeys};

/// How many requests may wait for the keys of one issuer at a time. Others are answered at once, so that they need no memory.
pub(crate) const MAX_WAITING: usize = 10_000;

/// The settings and the state, shared with the task that fetches.
#[derive(Clone)]
pub(crate) struct Shared(Arc<Inner>);

struct Inner {
    remote: Remote,
    key_set: ArcSwapOption<KeySet>,
    /// The times below are in milliseconds since then.
    made: Instant,
    /// When the next refresh is due. Every request reads it.
    refresh_at: AtomicU64,
    /// Never locked across an await.
    attempts: Mutex<Attempts>,
    /// Changes whenever an attempt ends.
    ended: watch::Sender<u64>,
    waiting: AtomicUsize,
}

/// The beginning of an attempt.
#[derive(Clone, Copy)]
struct Start {
    /// How many began until then, with this one.
    number: u64,
    at: u64,
}

#[derive(Default)]
struct Attempts {
    /// How many have begun.
    begun: u64,
    /// When the next attempt may begin.
    allowed_at: u64,
    running: Option<Start>,
    /// Whether a task waits for the end of the cooldown.
    is_scheduled: bool,
    /// The last attempt that succeeded.
    succeeded: Option<Start>,
    /// The last attempt that failed.
    failed: Option<Start>,
    /// The error of the last attempt.
    error: Option<String>,
    /// The keys that the last set left out.
    left_out: Vec<String>,
}

enum Begun {
    Running(Start),
    /// None may begin before then.
    Cooling {
        until: u64,
    },
}

impl Shared {
    pub(crate) fn new(remote: Remote) -> Self {
        Self(Arc::new(Inner {
            remote,
            key_set: ArcSwapOption::empty(),
            made: Instant::now(),
            refresh_at: AtomicU64::new(0),
            attempts: Mutex::default(),
            ended: watch::Sender::new(0),
            waiting: AtomicUsize::new(0),
        }))
    }

    /// Begins an attempt, unless one is running or the cooldown since the last one is not over.
    fn begin(&self) -> Begun {
        let now = self.0.now();
        let mut attempts = self.0.attempts();
        if let Some(start) = attempts.running {
            return Begun::Running(start);
        }
        if now < attempts.allowed_at {
            return Begun::Cooling { until: attempts.allowed_at };
        }
        // Outside of a runtime, for example where `main` prints the names of the keys, nothing can be fetched.
        let Ok(runtime) = Handle::try_current() else { return Begun::Cooling { until: now } };
        attempts.begun = attempts.begun.saturating_add(1);
        let start = Start { number: attempts.begun, at: now };
        attempts.running = Some(start);
        attempts.allowed_at = now.saturating_add(millis(self.0.remote.settings.cooldown));
        drop(attempts);
        let attempt = Attempt { shared: self.clone(), start, outcome: Err("the fetch was stopped".into()) };
        runtime.spawn(attempt.run());
        Begun::Running(start)
    }

    /// Makes sure that an attempt begins when the cooldown is over.
    fn schedule(&self) {
        let Ok(runtime) = Handle::try_current() else { return };
        let at = {
            let mut attempts = self.0.attempts();
            if attempts.is_scheduled {
                return;
            }
            attempts.is_scheduled = true;
            attempts.allowed_at
        };
        let scheduled = Scheduled(self.clone());
        runtime.spawn(async move {
            tokio::time::sleep_until(scheduled.0.0.at(at)).await;
            let shared = scheduled.0.clone();
            drop(scheduled);
            shared.begin();
        });
    }

    fn has(&self, header: &Header) -> bool {
        let key_set = self.0.key_set.load();
        key_set.as_ref().is_some_and(|key_set| !matches!(key_set.find(header), Err(TokenError::UnknownKey { .. })))
    }

    async fn first_keys(&self) -> Result<(), KeysUnavailable> {
        let _waiting = Waiting::enter(&self.0)?;
        let mut ended = self.0.ended.subscribe();
        if let Begun::Running(_) = self.begin() {
            // The attempt has a timeout, so this wait ends.
            let _ = ended.changed().await;
        }
        match self.0.key_set.load().is_some() {
            true => Ok(()),
            false => Err(self.0.unavailable()),
        }
    }

    async fn key(&self, header: &Header, issued_at: Option<u64>, now: u64) -> Result<bool, KeysUnavailable> {
        let inner = &self.0;
        let (asked, earlier) = (inner.now(), inner.attempts().begun);
        let settings = &inner.remote.settings;
        // An attempt that began after the request, or long after the token was issued, knows the token's key.
        let covers = |start: Start| {
            let ago = asked.saturating_sub(start.at).div_ceil(1000);
            let cooldown = settings.cooldown.as_secs().saturating_add(1);
            start.number > earlier
                || issued_at.is_some_and(|issued| issued.saturating_add(cooldown) < now.saturating_sub(ago))
        };
        if header.kid.as_deref().is_none_or(str::is_empty) {
            self.begin();
            return Ok(false);
        }
        let mut waiting = None;
        loop {
            let mut ended = inner.ended.subscribe();
            let begun = self.begin();
            if self.has(header) {
                return Ok(true);
            }
            let (succeeded, failed) = {
                let attempts = inner.attempts();
                (attempts.succeeded, attempts.failed)
            };
            if succeeded.is_some_and(covers) {
                return Ok(false);
            }
            if failed.is_some_and(|start| start.number > earlier) {
                self.schedule();
                return Err(inner.unavailable());
            }
            if waiting.is_none() {
                waiting = Some(Waiting::enter(inner)?);
            }
            match begun {
                Begun::Running(_) => {
                    let _ = ended.changed().await;
                }
                Begun::Cooling { until } => {
                    if until.saturating_sub(inner.now()) > millis(settings.wait) {
                        self.schedule();
                        return Err(inner.unavailable());
                    }
                    tokio::time::sleep_until(inner.at(until)).await;
                }
            }
        }
    }
}

impl RemoteKeys for Shared {
    fn key_set(&self) -> Option<Arc<KeySet>> {
        if self.0.now() >= self.0.refresh_at.load(Ordering::Relaxed) {
            self.begin();
        }
        self.0.key_set.load_full()
    }

    fn ready(&self) -> RemoteFuture<'_, ()> {
        if self.0.key_set.load().is_some() {
            return Box::pin(std::future::ready(Ok(())));
        }
        Box::pin(self.first_keys())
    }

    fn wait_for_key<'r>(&'r self, header: &'r Header, issued_at: Option<u64>, now: u64) -> RemoteFuture<'r, bool> {
        Box::pin(self.key(header, issued_at, now))
    }

    fn refetch(&self) {
        let earlier = self.0.attempts().begun;
        match self.begin() {
            Begun::Running(start) if start.number > earlier => {}
            // A running attempt may have been answered before the change.
            Begun::Running(_) | Begun::Cooling { .. } => self.schedule(),
        }
    }
}

/// A running attempt. However it ends, even with its runtime, it is over when this is dropped.
struct Attempt {
    shared: Shared,
    start: Start,
    outcome: Result<Fetched, String>,
}

impl Attempt {
    async fn run(mut self) {
        let outcome = self.shared.0.remote.fetch().await;
        self.outcome = outcome;
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        let outcome = std::mem::replace(&mut self.outcome, Err(String::new()));
        let inner = &self.shared.0;
        let count = outcome.as_ref().map_or(0, |fetched| fetched.set.keys.len());
        let took = Duration::from_millis(inner.now().saturating_sub(self.start.at));
        let left_out = outcome.and_then(|fetched| inner.install(fetched));
        let observed = left_out.as_ref().map(|_| count).map_err(String::clone);
        let mut attempts = inner.attempts();
        attempts.running = None;
        // Logged after the lock is released, because a subscriber is code of the application.
        let (failure, news) = match left_out {
            Ok(left_out) => {
                attempts.succeeded = Some(self.start);
                attempts.error = None;
                let is_news = !left_out.is_empty() && left_out != attempts.left_out;
                attempts.left_out.clone_from(&left_out);
                (None, is_news.then_some(left_out))
            }
            Err(error) => {
                attempts.failed = Some(self.start);
                attempts.error = Some(error.clone());
                inner.refresh_in(inner.remote.settings.cooldown);
                (Some((error, inner.seconds_until(attempts.allowed_at))), None)
            }
        };
        drop(attempts);
        inner.log(failure, news);
        let remote = &inner.remote;
        remote.settings.observed.keys_fetched(
            &remote.issuer,
            observed.as_ref().map(|count| *count).map_err(String::as_str),
            took,
        );
        inner.ended.send_modify(|ended| *ended = ended.wrapping_add(1));
    }
}

/// The one task that waits for the end of the cooldown.
struct Scheduled(Shared);

impl Drop for Scheduled {
    fn drop(&mut self) {
        self.0.0.attempts().is_scheduled = false;
    }
}

/// A request that waits.
struct Waiting<'i>(&'i Inner);

impl<'i> Waiting<'i> {
    fn enter(inner: &'i Inner) -> Result<Self, KeysUnavailable> {
        let entered = Self(inner);
        if inner.waiting.fetch_add(1, Ordering::Relaxed) < MAX_WAITING {
            return Ok(entered);
        }
        let error = format!("{MAX_WAITING} requests already wait for the keys of the issuer");
        Err(KeysUnavailable { error, ..inner.unavailable() })
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Inner {
    /// Takes the fetched keys into use, and returns those that were left out. An unchanged set keeps its number, so that
    /// verified tokens stay in the cache.
    fn install(&self, Fetched { set, max_age }: Fetched) -> Result<Vec<String>, String> {
        let is_unchanged = self.key_set.load().as_ref().is_some_and(|current| current.has_just(&set.keys));
        if !is_unchanged {
            let key_set = KeySet::with_names(None, &set.keys, Names::UniqueByAlgorithm).map_err(|e| e.to_string())?;
            self.key_set.store(Some(Arc::new(key_set)));
        }
        self.refresh_in(max_age);
        Ok(set.left_out)
    }

    fn unavailable(&self) -> KeysUnavailable {
        let attempts = self.attempts();
        let error = attempts.error.clone().unwrap_or_else(|| {
            "the key of the token is not among the issuer's keys, which may not be fetched again yet".into()
        });
        KeysUnavailable { error, retry_after: self.seconds_until(attempts.allowed_at) }
    }

    fn log(&self, failure: Option<(String, u64)>, left_out: Option<Vec<String>>) {
        let (issuer, url) = (&self.remote.issuer, self.url());
        if let Some((error, retry_in_seconds)) = failure {
            tracing::warn!(target: "jwt_auth", %issuer, %url, %error, retry_in_seconds, "the keys of the issuer could not be fetched");
        }
        if let Some(left_out) = left_out {
            let keys = listed(&left_out);
            tracing::warn!(target: "jwt_auth", %issuer, %url, %keys, "keys of the issuer were left out");
        }
    }

    fn url(&self) -> String {
        self.remote.settings.places.first().map(|place| place.start(&self.remote.issuer)).unwrap_or_default()
    }

    fn now(&self) -> u64 {
        millis(self.made.elapsed())
    }

    fn at(&self, time: u64) -> Instant {
        self.made.checked_add(Duration::from_millis(time)).unwrap_or(self.made)
    }

    /// Rounded up, at least 1.
    fn seconds_until(&self, time: u64) -> u64 {
        time.saturating_sub(self.now()).div_ceil(1000).max(1)
    }

    fn refresh_in(&self, delay: Duration) {
        self.refresh_at.store(self.now().saturating_add(millis(delay)), Ordering::Relaxed);
    }

    fn attempts(&self) -> MutexGuard<'_, Attempts> {
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteJwks").field("places", &self.0.remote.settings.places).finish_non_exhaustive()
    }
}

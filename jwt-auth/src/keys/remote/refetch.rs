//! Fetches and refreshes the keys of one issuer.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use tokio::sync::watch;

use crate::jose::algorithm::Algorithm;
use crate::keys::jwk_set::usable_keys;
use crate::keys::key_set::KeySet;
use crate::keys::remote::discovery;
use crate::keys::remote::fetch::{Fetch, Fetched};
use crate::keys::source::RemoteKeys;

const MAX_BYTES: usize = 64 * 1024;
/// Where the JWK Set is.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    Url(String),
    /// At the URL that the issuer's configuration names.
    Discovery,
}

/// Keys are refreshed after at most a day, even if `Cache-Control` allows a longer time.
const LONGEST_MAX_AGE: Duration = Duration::from_secs(24 * 60 * 60);

/// The settings.
pub(crate) struct Remote {
    pub(crate) issuer: String,
    pub(crate) source: Source,
    pub(crate) assumed: Option<Algorithm>,
    pub(crate) client: Arc<dyn Fetch>,
    pub(crate) cooldown: Duration,
    pub(crate) timeout: Duration,
    pub(crate) max_age: Duration,
    pub(crate) allow_http_on_loopback: bool,
}

/// The settings and the state, shared with the task that fetches.
#[derive(Clone)]
pub(crate) struct Shared(Arc<Inner>);

struct Inner {
    remote: Remote,
    key_set: ArcSwapOption<KeySet>,
    begun: Instant,
    /// When the next refresh is due, in milliseconds since `begun`. Every request reads it.
    refresh_at: AtomicU64,
    /// Never locked across an await.
    attempt: Mutex<Attempt>,
    /// Changes whenever an attempt ends.
    ended: watch::Sender<u64>,
}

#[derive(Default)]
struct Attempt {
    /// When the next attempt may begin, in milliseconds since `begun`.
    allowed_at: u64,
    is_running: bool,
    error: Option<String>,
}

impl Shared {
    pub(crate) fn new(remote: Remote) -> Self {
        Self(Arc::new(Inner {
            remote,
            key_set: ArcSwapOption::empty(),
            begun: Instant::now(),
            refresh_at: AtomicU64::new(0),
            attempt: Mutex::default(),
            ended: watch::Sender::new(0),
        }))
    }

    /// Begins an attempt, unless one is running or the cooldown since the last one is not over.
    fn begin(&self) {
        let inner = &self.0;
        let now = inner.now();
        {
            let mut attempt = inner.attempt();
            if attempt.is_running || now < attempt.allowed_at {
                return;
            }
            attempt.is_running = true;
            attempt.allowed_at = now.saturating_add(millis(inner.remote.cooldown));
        }
        let shared = self.clone();
        tokio::spawn(async move { shared.attempt().await });
    }

    async fn attempt(self) {
        let inner = &self.0;
        // Ends the attempt even if the client panics.
        let mut ending = Ending { inner, error: Some("the HTTP client panicked".into()) };
        let fetched = tokio::time::timeout(inner.remote.timeout, inner.remote.fetch()).await;
        ending.error = match fetched {
            Ok(Ok((key_set, max_age))) => {
                inner.key_set.store(Some(Arc::new(key_set)));
                inner.refresh_in(max_age);
                None
            }
            Ok(Err(error)) => Some(error),
            Err(_) => Some("the fetch took longer than the timeout".into()),
        };
        if let Some(error) = &ending.error {
            let issuer = &inner.remote.issuer;
            tracing::warn!(target: "jwt_auth", %issuer, %error, "the keys of the issuer could not be fetched");
            inner.refresh_in(inner.remote.cooldown);
        }
    }
}

struct Ending<'i> {
    inner: &'i Inner,
    error: Option<String>,
}

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        let mut attempt = self.inner.attempt();
        attempt.is_running = false;
        attempt.error = self.error.take();
        drop(attempt);
        self.inner.ended.send_modify(|ended| *ended = ended.wrapping_add(1));
    }
}

impl RemoteKeys for Shared {
    fn key_set(&self) -> Option<Arc<KeySet>> {
        if self.0.now() >= self.0.refresh_at.load(Ordering::Relaxed) {
            self.begin();
        }
        self.0.key_set.load_full()
    }

    fn missed(&self) {
        self.begin();
    }

    fn ready(&self) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send + '_>> {
        if self.0.key_set.load().is_some() {
            return Box::pin(std::future::ready(Ok(())));
        }
        Box::pin(async {
            let mut ended = self.0.ended.subscribe();
            self.begin();
            let is_running = self.0.attempt().is_running;
            if is_running {
                // The attempt has a timeout, so this wait ends.
                let _ = ended.changed().await;
            }
            match self.0.key_set.load().is_some() {
                true => Ok(()),
                false => Err(self.0.attempt().error.clone().unwrap_or_default()),
            }
        })
    }
}

impl Inner {
    fn now(&self) -> u64 {
        millis(self.begun.elapsed())
    }

    fn refresh_in(&self, delay: Duration) {
        self.refresh_at.store(self.now().saturating_add(millis(delay)), Ordering::Relaxed);
    }

    fn attempt(&self) -> MutexGuard<'_, Attempt> {
        self.attempt.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Remote {
    /// Fetches the keys. Returns them together with the time until the next refresh.
    async fn fetch(&self) -> Result<(KeySet, Duration), String> {
        let url = match &self.source {
            Source::Url(url) => url.clone(),
            Source::Discovery => {
                let configuration = self.get(&discovery::configuration_url(&self.issuer)).await?;
                discovery::jwks_uri(&configuration.body, &self.issuer)?
            }
        };
        let Fetched { cache_control, body, .. } = self.get(&url).await?;
        let keys = usable_keys(&body, self.assumed).map_err(|error| error.to_string())?;
        let key_set = KeySet::new(None, &keys).map_err(|error| error.to_string())?;
        let max_age = cache_control.as_deref().and_then(max_age).unwrap_or(self.max_age);
        Ok((key_set, max_age.min(LONGEST_MAX_AGE).max(self.cooldown)))
    }

    async fn get(&self, url: &str) -> Result<Fetched, String> {
        if !discovery::is_allowed(url, self.allow_http_on_loopback) {
            return Err("the URL is not `https`".into());
        }
        let fetched = self.client.get(url, MAX_BYTES).await.map_err(|error| error.to_string())?;
        if fetched.status != 200 {
            return Err(format!("the status is {}", fetched.status));
        }
        if fetched.body.len() > MAX_BYTES { Err("the body is longer than 64 KiB".into()) } else { Ok(fetched) }
    }
}

/// The `max-age` of a `Cache-Control` header (RFC 9111 section 5.2.2.1). It is zero for `no-store` and `no-cache`, so
/// that the keys are refreshed as often as the cooldown allows.
fn max_age(cache_control: &str) -> Option<Duration> {
    let directives = cache_control.split(',').map(|directive| directive.trim().to_ascii_lowercase());
    let mut found = None;
    for directive in directives {
        if directive == "no-store" || directive == "no-cache" {
            return Some(Duration::ZERO);
        }
        if let Some(seconds) = directive.strip_prefix("max-age=") {
            found = seconds.trim_matches('"').parse().ok().map(Duration::from_secs);
        }
    }
    found
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteJwks").field("source", &self.0.remote.source).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // KEY-10
    #[test]
    fn max_age_is_read_from_cache_control() {
        let seconds = |text: &str| max_age(text).map(|age| age.as_secs());
        assert_eq!(seconds("public, max-age=300"), Some(300));
        assert_eq!(seconds("Max-Age=\"60\", must-revalidate"), Some(60));
        assert_eq!(seconds("max-age=300, no-cache"), Some(0));
        assert_eq!(
            (seconds("no-store"), seconds("public"), seconds(""), seconds("max-age=x")),
            (Some(0), None, None, None)
        );
    }
}

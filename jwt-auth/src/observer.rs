//! What the modules below `config` report: fetches of keys, and failures of the store. `config` connects it to the events of the
//! backend, because a module below `events` cannot name them.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Receives the reports. Call it without holding a lock, because code of the application may run.
pub(crate) trait Observer: Send + Sync {
    /// The keys of an issuer were fetched: how many can be used, or why there are none.
    #[cfg_attr(not(feature = "remote_jwks"), allow(dead_code, reason = "no keys are fetched"))]
    fn keys_fetched(&self, issuer: &str, keys: Result<usize, &str>, took: Duration);

    /// The store of sessions or of the throttle failed.
    fn store_failed(&self, error: &dyn fmt::Display);
}

/// The observer, if there is one.
#[derive(Clone, Default)]
pub(crate) struct Observed(Option<Arc<dyn Observer>>);

impl Observed {
    pub(crate) fn by(observer: Arc<dyn Observer>) -> Self {
        Self(Some(observer))
    }

    #[cfg_attr(not(feature = "remote_jwks"), allow(dead_code, reason = "no keys are fetched"))]
    pub(crate) fn keys_fetched(&self, issuer: &str, keys: Result<usize, &str>, took: Duration) {
        if let Some(observer) = &self.0 {
            observer.keys_fetched(issuer, keys, took);
        }
    }

    /// Reports the error, if the call failed.
    pub(crate) fn noting<T, E: fmt::Display>(&self, answer: Result<T, E>) -> Result<T, E> {
        if let (Some(observer), Err(error)) = (&self.0, &answer) {
            observer.store_failed(error);
        }
        answer
    }
}

impl fmt::Debug for Observed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Observed").field(&self.0.is_some()).finish()
    }
}

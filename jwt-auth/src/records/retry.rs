//! Retries effects in the background: those that end a session or revoke a token, if the store did not confirm them.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use crate::catch_panic::catch_panic_async;
use crate::effects::Running;
use crate::store::error::StoreError;

/// The pauses before each attempt, in seconds.
const PAUSES: [u64; 6] = [1, 2, 4, 8, 16, 32];
/// How many effects of each kind are retried at the same time, at most.
const AT_ONCE: usize = 64;

/// What a retried effect is for. Each kind has a limit of its own, so that many failed sign-ins cannot use up the retries of
/// sign-outs.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Retry {
    /// A session, a token or a user is to be signed out.
    SignOut,
    /// A sign-in failed, and its session may still begin.
    FailedSignIn,
}

/// The retries that are running.
pub(crate) struct Retries {
    sign_outs: Arc<Semaphore>,
    failed_sign_ins: Arc<Semaphore>,
}

impl Retries {
    pub(crate) fn new() -> Self {
        Self { sign_outs: Arc::new(Semaphore::new(AT_ONCE)), failed_sign_ins: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// Retries an effect after each of the [`PAUSES`] until it succeeds. `timeout` is the deadline of each attempt.
    pub(crate) fn start<F>(
        &self,
        kind: Retry,
        what: &'static str,
        timeout: Duration,
        running: Running,
        effect: impl Fn() -> F + Send + 'static,
    ) where
        F: Future<Output = Result<(), StoreError>> + Send + 'static,
    {
        let permits = match kind {
            Retry::SignOut => &self.sign_outs,
            Retry::FailedSignIn => &self.failed_sign_ins,
        };
        let (Ok(runtime), Ok(permit)) = (Handle::try_current(), Arc::clone(permits).try_acquire_owned()) else {
            tracing::error!(target: "jwt_auth", what, "the store failed; giving up, because too many retries are running");
            return;
        };
        runtime.spawn(async move {
            let (_permit, _running) = (permit, running);
            for pause in PAUSES {
                tokio::time::sleep(Duration::from_secs(pause)).await;
                // If the store panics, this attempt has failed; the next one may succeed.
                let attempt = catch_panic_async(effect());
                if matches!(tokio::time::timeout(timeout, attempt).await, Ok(Ok(Ok(())))) {
                    return;
                }
            }
            tracing::error!(target: "jwt_auth", what, "the store has failed for a minute; giving up");
        });
    }
}

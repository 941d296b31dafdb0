//! Clients that sign in, call, refresh and sign out for as long as they are let, and remember what they were promised.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use jwt_auth::Protected;
use jwt_auth_tests::call_with;

use crate::service::{fresh_name, log_out, refresh, try_refresh, try_sign_in};

/// Each request asks the store at most so often, one after another.
const CALLS: u32 = 3;
/// What a request may take beside the store.
const REST: Duration = Duration::from_secs(3);

/// What the service said, and so must stand by.
#[derive(Default)]
pub(crate) struct Promises {
    /// Access tokens whose sign-out was answered 204, and the refresh tokens of their sessions.
    ended: Mutex<Vec<(String, String)>>,
    /// Refresh tokens that gave a successor.
    used: Mutex<Vec<String>>,
    /// Refresh tokens whose answer was 503: they were used, or not.
    unclear: Mutex<Vec<String>>,
    /// Requests that were answered 503.
    denied: Mutex<usize>,
    stop: AtomicBool,
    timeout: Duration,
}

impl Promises {
    /// Waits for an answer of these statuses, and no longer than the store may take.
    async fn ask<T>(&self, statuses: &[u16], answer: impl Future<Output = (u16, T)>) -> (u16, T) {
        let began = Instant::now();
        let limit = self.timeout * CALLS + REST;
        let (status, more) = tokio::time::timeout(limit, answer).await.expect("a store that hangs is denied in time");
        assert!(statuses.contains(&status), "{status} is none of {statuses:?}, after {:?}", began.elapsed());
        if status == 503 {
            *self.denied.lock().unwrap() += 1;
        }
        (status, more)
    }

    async fn client(&self, app: &Protected) {
        let only = |status: u16| (status, ());
        while !self.stop.load(Ordering::SeqCst) {
            let name = fresh_name();
            let signed_in = async { try_sign_in(app, &name).await }; // of a user of its own
            let (status, (access, first)) = self.ask(&[200, 503], async { triple(signed_in.await) }).await;
            if status == 503 {
                tokio::time::sleep(Duration::from_millis(5)).await;
                continue;
            }
            self.ask(&[200, 503], async { only(call_with(app, &access).await.0) }).await;
            let (status, (access, second)) =
                self.ask(&[200, 503], async { triple(try_refresh(app, &first).await) }).await;
            if status == 503 {
                self.unclear.lock().unwrap().push(first);
                continue;
            }
            self.used.lock().unwrap().push(first);
            let (status, ()) = self.ask(&[204, 503], async { only(log_out(app, &access).await) }).await;
            if status == 204 {
                self.ask(&[401, 503], async { only(call_with(app, &access).await.0) }).await;
                self.ended.lock().unwrap().push((access, second));
            }
        }
    }

    /// How many there are of each: ended sessions, used tokens, unclear ones, and denied requests.
    pub(crate) fn counts(&self) -> [usize; 4] {
        let len = |tokens: &Mutex<Vec<String>>| tokens.lock().unwrap().len();
        [self.ended.lock().unwrap().len(), len(&self.used), len(&self.unclear), *self.denied.lock().unwrap()]
    }

    /// REV-04, REF-01, REF-02, REF-03: nothing that was ended is live, and nothing that was used can be again.
    pub(crate) async fn are_kept(&self, app: &Protected) {
        let ended = std::mem::take(&mut *self.ended.lock().unwrap());
        let used = std::mem::take(&mut *self.used.lock().unwrap());
        let unclear = std::mem::take(&mut *self.unclear.lock().unwrap());
        for (access, token) in &ended {
            assert_eq!((call_with(app, access).await.0, refresh(app, token).await), (401, 400), "it was signed out");
        }
        for token in &used {
            assert_eq!(refresh(app, token).await, 400, "it was used");
        }
        for token in &unclear {
            let first = refresh(app, token).await;
            assert!(matches!(first, 200 | 400), "{first}");
            assert_eq!(refresh(app, token).await, 400, "it was used, before or just now");
        }
    }
}

fn triple((status, access, refresh): (u16, String, String)) -> (u16, (String, String)) {
    (status, (access, refresh))
}

/// Eight clients, until they are told to stop.
pub(crate) struct Load {
    pub(crate) promises: Arc<Promises>,
    clients: Vec<tokio::task::JoinHandle<()>>,
}

impl Load {
    pub(crate) fn start(app: &Protected, timeout: Duration) -> Self {
        let promises = Arc::new(Promises { timeout, ..Promises::default() });
        let client = || {
            let (app, promises) = (app.clone(), Arc::clone(&promises));
            tokio::spawn(async move { promises.client(&app).await })
        };
        Self { clients: (0..8).map(|_| client()).collect(), promises }
    }

    pub(crate) async fn stop(self) -> Arc<Promises> {
        self.promises.stop.store(true, Ordering::SeqCst);
        for client in self.clients {
            client.await.expect("every client got the answers that it may get");
        }
        self.promises
    }
}

//! Clients that sign in, call, refresh and sign out until they are stopped, and note what the service promised them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jwt_auth::Protected;
use jwt_auth_tests::call_with;

use crate::service::{Standing, fresh_name, log_out, refresh, standing, try_refresh, try_sign_in};

/// Only a request that hangs takes this long.
const HANGS: Duration = Duration::from_secs(60);

/// What the service promised with its answers, and must keep.
#[derive(Default)]
pub(crate) struct Promises {
    /// Access tokens whose sign-out was answered 204, and the refresh tokens of their sessions.
    ended: Mutex<Vec<(String, String)>>,
    /// Refresh tokens that got a successor, with that successor.
    used: Mutex<Vec<(String, String)>>,
    /// Refresh tokens that got a 503, so it is unknown whether they were used, and the access tokens of their sessions.
    unclear: Mutex<Vec<(String, String)>>,
    /// The number of requests that got a 503.
    denied: Mutex<usize>,
    stop: AtomicBool,
}

impl Promises {
    /// Waits for an answer, which must have one of these statuses.
    async fn ask<T>(&self, statuses: &[u16], answer: impl Future<Output = (u16, T)>) -> (u16, T) {
        let (status, more) = tokio::time::timeout(HANGS, answer).await.expect("a store that hangs is denied");
        assert!(statuses.contains(&status), "{status} is none of {statuses:?}");
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
            let (status, (newer, second)) =
                self.ask(&[200, 503], async { triple(try_refresh(app, &first).await) }).await;
            if status == 503 {
                self.unclear.lock().unwrap().push((access, first));
                continue;
            }
            let access = newer;
            self.used.lock().unwrap().push((first, second.clone()));
            let (status, ()) = self.ask(&[204, 503], async { only(log_out(app, &access).await) }).await;
            if status == 204 {
                self.ask(&[401, 503], async { only(call_with(app, &access).await.0) }).await;
                self.ended.lock().unwrap().push((access, second));
            }
        }
    }

    /// The numbers of ended sessions, used tokens, tokens with unknown use, and denied requests.
    pub(crate) fn counts(&self) -> [usize; 4] {
        let len = |tokens: &Mutex<Vec<(String, String)>>| tokens.lock().unwrap().len();
        [len(&self.ended), len(&self.used), len(&self.unclear), *self.denied.lock().unwrap()]
    }

    /// Waits until the counts are as the caller needs them.
    pub(crate) async fn until(&self, is_enough: impl Fn([usize; 4]) -> bool) {
        let enough = async {
            while !is_enough(self.counts()) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(HANGS, enough).await.expect("the load goes on");
    }

    /// REV-04, REF-01, REF-02, REF-03, STO-07: no ended session is live, no used token gets a different successor, and a client
    /// that got no answer continues with the same token.
    pub(crate) async fn are_kept(&self, app: &Protected) {
        let ended = std::mem::take(&mut *self.ended.lock().unwrap());
        let used = std::mem::take(&mut *self.used.lock().unwrap());
        let unclear = std::mem::take(&mut *self.unclear.lock().unwrap());
        for (access, token) in &ended {
            assert_eq!((call_with(app, access).await.0, refresh(app, token).await), (401, 400), "it was signed out");
        }
        for (access, token) in &unclear {
            assert!(matches!(standing(app, access, token).await, Standing::Live(..)), "it goes on");
            assert_eq!(refresh(app, token).await, 400, "it is used now");
        }
        for (token, successor) in &used {
            match try_refresh(app, token).await {
                (400, ..) => {}
                // The store has not yet recorded that the use was answered.
                (200, _, next) => assert_eq!(next, *successor),
                (other, ..) => panic!("{other}"),
            }
        }
    }
}

fn triple((status, access, refresh): (u16, String, String)) -> (u16, (String, String)) {
    (status, (access, refresh))
}

/// Eight clients, which run until they are stopped.
pub(crate) struct Load {
    pub(crate) promises: Arc<Promises>,
    clients: Vec<tokio::task::JoinHandle<()>>,
}

impl Load {
    pub(crate) fn start(app: &Protected) -> Self {
        let promises = Arc::new(Promises::default());
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

//! A service whose store has faults, and the rules that its answers must follow.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use jwt_auth::{Backend, Protected};
use jwt_auth_tests::call_with;

use crate::browser::{self, Browser};
use crate::faulty::{Fault, Faulty};
use crate::service::{Auth, Granted, Standing, backend, introspecting, protect, sign_in, standing};

/// A service on a store with faults, and another instance that reaches the same store without faults.
pub(crate) struct Service {
    pub(crate) faulty: Arc<Faulty>,
    pub(crate) after: usize,
    pub(crate) fault: Fault,
    /// The instance that gives up a call that hangs.
    pub(crate) hasty: Instance,
    /// The instance for requests that are sent again. It waits long enough even on a busy machine.
    pub(crate) patient: Instance,
    pub(crate) sound: Sound,
}

/// The backends of one instance.
pub(crate) struct Instance {
    pub(crate) auth: Backend<Auth>,
    pub(crate) app: Protected,
    pub(crate) introspects: Protected,
    pub(crate) browsers: Protected,
}

impl Instance {
    pub(crate) fn new(store: &Arc<Faulty>, timeout: Duration) -> Self {
        let auth = backend(Arc::clone(store) as _, timeout);
        Self {
            app: protect(&auth),
            introspects: introspecting(Arc::clone(store) as _, timeout),
            browsers: browser::protect(Arc::clone(store) as _, timeout),
            auth,
        }
    }
}

#[derive(Clone)]
pub(crate) struct Sound {
    pub(crate) app: Protected,
    pub(crate) browsers: Protected,
    /// Sessions that must still be live after all retries.
    pub(crate) live: Arc<Mutex<Vec<(Kind, String, String)>>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Client,
    Browser,
}

impl Sound {
    pub(crate) async fn standing(&self, kind: Kind, access: &str, token: &str) -> Standing {
        match kind {
            Kind::Client => standing(&self.app, access, token).await,
            Kind::Browser => Browser { access: access.into(), refresh: token.into() }.standing(&self.browsers).await,
        }
    }
}

impl Service {
    /// Sends the request while the store has its fault.
    pub(crate) async fn at_fault<T>(&self, request: impl Future<Output = T>) -> T {
        self.faulty.arm(self.after, self.fault);
        let answer = request.await;
        self.faulty.disarm();
        if self.fault == Fault::LateBeforeRetry {
            self.faulty.carry_out_late().await;
        }
        if Fault::CUTS.contains(&self.fault) {
            self.faulty.is_back().await;
        }
        answer
    }

    pub(crate) fn what(&self, endpoint: &str) -> String {
        format!("{endpoint}, call {} {:?}", self.after, self.fault)
    }

    pub(crate) async fn goes_on(&self, what: &str, kind: Kind, access: &str, token: &str) {
        self.faulty.carry_out_late().await;
        match self.sound.standing(kind, access, token).await {
            Standing::Live(access, token) => self.sound.live.lock().unwrap().push((kind, access, token)),
            other => panic!("{}: {other:?}", self.what(what)),
        }
    }

    pub(crate) async fn has_ended(&self, what: &str, kind: Kind, access: &str, token: &str) {
        let standing = self.sound.standing(kind, access, token).await;
        assert_eq!(standing, Standing::Ended, "{}", self.what(what));
    }

    /// The tokens that a request gets must work, and a request that got none must get some when it is sent again.
    pub(crate) async fn is_granted(&self, what: &str, request: impl AsyncFn(&Instance) -> Granted) {
        let (mut status, mut access, mut token) = self.at_fault(request(&self.hasty)).await;
        if status == 503 {
            assert_eq!((access.as_str(), token.as_str()), ("", ""));
            (status, access, token) = request(&self.patient).await;
        }
        assert_eq!(status, 200, "{}", self.what(what));
        assert_eq!(call_with(&self.sound.app, &access).await.0, 200, "{}", self.what(what));
        self.goes_on(what, Kind::Client, &access, &token).await;
    }

    /// Tests a request that ends a session. After the status `success` both tokens of the session are refused. After a 503 both
    /// are refused or both are accepted. When the request is sent again, the session ends.
    pub(crate) async fn is_ended(&self, what: &str, success: u16, request: impl AsyncFn(&Instance, &str, &str) -> u16) {
        let (mut access, mut token) = sign_in(&self.sound.app).await;
        let status = self.at_fault(request(&self.hasty, &access, &token)).await;
        assert!(status == success || status == 503, "{}: {status}", self.what(what));
        if status == 503 {
            match self.sound.standing(Kind::Client, &access, &token).await {
                Standing::Live(next_access, next) => (access, token) = (next_access, next),
                Standing::Ended => {}
                Standing::Half => panic!("{}: one of two tokens is good", self.what(what)),
            }
            let again = request(&self.patient, &access, &token).await;
            // The guard refuses a token that has ended.
            assert!(again == success || again == 401, "{}: {again}", self.what(what));
        }
        self.has_ended(what, Kind::Client, &access, &token).await;
        self.faulty.carry_out_late().await;
        self.has_ended(what, Kind::Client, &access, &token).await;
    }
}

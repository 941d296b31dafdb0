//! Reports events to the application, and writes the log line of each refusal.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::catch_panic::{Panicked, catch_panic};
use crate::events::event::Event;
use crate::events::not_granted::NotGranted;
use crate::jose::token::Token;
use crate::observer::{Observed, Observer};
use crate::rejection::Rejection;
use crate::request_info::{RequestFacts, RequestInfo};

type Hook = Arc<dyn Fn(&Event) + Send + Sync>;

/// The function of [`Builder::on_event`](crate::Builder::on_event), if there is one.
#[derive(Clone, Default)]
pub(crate) struct Events(Option<Hook>);

impl Events {
    pub(crate) fn new(hook: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(hook)))
    }

    fn is_heard(&self) -> bool {
        cfg!(feature = "metrics") || self.0.is_some()
    }

    /// Reports an event. It is only made if somebody listens.
    pub(crate) fn tell(&self, event: impl FnOnce() -> Event) {
        if !self.is_heard() {
            return;
        }
        let event = event();
        #[cfg(feature = "metrics")]
        crate::events::metrics::record(&event);
        if let Some(hook) = &self.0
            && let Err(Panicked) = catch_panic(|| hook(&event))
        {
            tracing::error!(target: "jwt_auth", "the function of `on_event` panicked");
        }
    }

    /// Logs and reports a refused request. `token` is the token of the request, if it was verified.
    pub(crate) fn refused(&self, rejection: &Rejection, request: RequestFacts<'_>, token: Option<&Token>) {
        rejection.log(request, token);
        self.tell(|| Event::Refused {
            reason: rejection.reason().clone(),
            status: rejection.status(),
            issuer: token.map(|token| token.issuer().to_owned()),
            subject: token.map(|token| token.subject().to_owned()),
            request: request.to_info(),
        });
    }

    /// Logs and reports a refused sign-in.
    pub(crate) fn sign_in_refused(&self, reason: &NotGranted, request: &RequestInfo) {
        reason.log(Some(request.facts()));
        if let NotGranted::Throttled { limit, retry_after } = *reason {
            self.tell(|| Event::Throttled { limit, retry_after, request: request.clone() });
        }
        self.tell(|| Event::SignInRefused { reason: reason.clone(), request: request.clone() });
    }

    /// Logs and reports a refused refresh.
    pub(crate) fn refresh_refused(&self, reason: &NotGranted, request: &RequestInfo) {
        reason.log(Some(request.facts()));
        self.tell(|| Event::RefreshRefused { reason: reason.clone(), request: request.clone() });
    }

    /// For the modules that cannot name events.
    pub(crate) fn observed(&self) -> Observed {
        match self.is_heard() {
            true => Observed::by(Arc::new(self.clone())),
            false => Observed::default(),
        }
    }
}

impl Observer for Events {
    fn keys_fetched(&self, issuer: &str, keys: Result<usize, &str>, took: Duration) {
        self.tell(|| Event::KeysFetched { issuer: issuer.to_owned(), keys: keys.map_err(str::to_owned), took });
    }

    fn store_failed(&self, error: &dyn fmt::Display) {
        self.tell(|| Event::StoreFailed { error: error.to_string() });
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Events").field(&self.0.is_some()).finish()
    }
}

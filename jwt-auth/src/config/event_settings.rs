//! The settings for seeing what happens.

use crate::config::builder::Builder;
use crate::events::event::Event;
use crate::events::tell::Events;
use crate::hooks::AuthBackend;

impl<A: AuthBackend, M> Builder<A, M> {
    /// Calls this function with each [`Event`]: sign-ins, refreshes, sign-outs, refusals, fetched keys, and failures of the store.
    /// No function by default. A second call replaces the first.
    ///
    /// The call is synchronous, on the task of the request, so the function must not block. Send what you need into a channel. If
    /// it panics, the panic is logged, and the answer to the request stays the same. The module [`events`](crate::events) has an
    /// example.
    #[doc(alias("audit", "hook", "observe", "listener"))]
    pub fn on_event(self, hook: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        Self { events: Events::new(hook), ..self }
    }
}

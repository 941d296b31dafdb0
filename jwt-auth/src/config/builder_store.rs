//! The settings of the store and its sessions, and the checks of these settings.

use std::sync::Arc;
use std::time::Duration;

use crate::backend::mode::Mode;
use crate::config::build_error::Mistakes;
use crate::config::builder::Builder;
use crate::config::check::{Mistake, wrong_if};
use crate::hooks::AuthBackend;
use crate::records::rules::Rules;
use crate::store::store_trait::Store;

const MAX_STALENESS: Duration = Duration::from_secs(60);
const MAX_CLOCKS_APART: Duration = Duration::from_secs(60);
const MAX_SESSIONS: usize = 250;

impl<A: AuthBackend, M> Builder<A, M> {
    /// Where sessions and revocations are kept. The default is a [`MemoryStore`](crate::MemoryStore), which is for one instance
    /// and loses everything when the process ends. A backend that only verifies has no store by default. Give it the store of the
    /// issuing service, and it refuses the tokens that the issuing service has revoked.
    #[doc(alias = "denylist")]
    #[doc(alias = "blacklist")]
    pub fn store(self, store: impl Store) -> Self {
        Self { store: Some(Arc::new(store)), ..self }
    }

    /// How long all store calls of one step may take together. A step is the check of a token, a sign-in, a refresh or a
    /// sign-out. 2 seconds by default. Requests that are still waiting after this time get a 503.
    pub fn store_timeout(self, timeout: Duration) -> Self {
        Self { store_timeout: timeout, ..self }
    }

    /// How many whole seconds the clocks of two instances, or of an instance and the store, may differ. 2 by default; more than
    /// 60 is an error of `build()`. A larger difference is logged as a warning, if the store has a clock of its own (PostgreSQL
    /// and Redis). Sign-ins fail for twice this time plus one second after a [`revoke_user`](crate::Backend::revoke_user).
    pub fn clocks_apart(self, difference: Duration) -> Self {
        Self { clocks_apart: difference, ..self }
    }

    /// How many sessions with refresh tokens a user can have. 100 by default. If one more begins, the session that was refreshed
    /// longest ago ends. 0, or more than 250, is an error of `build()`.
    ///
    /// Each refresh rewrites the record of all sessions of the user, which has about 300 bytes per session and is limited to
    /// 64 KiB, about 200 sessions. If a service account runs on many machines, give it tokens without sessions.
    pub fn max_sessions(self, sessions: usize) -> Self {
        Self { max_sessions: sessions, ..self }
    }

    /// How long the answer "not revoked" of the store is cached for a user, in whole seconds. It saves a round trip per request
    /// to a store outside this process. 0 by default: every request asks the store. Anything between 0 and 1 second, more than 60
    /// seconds, or a backend without a store is an error of `build()`.
    ///
    /// The price: for at most this time, the guard still accepts a token that another instance, or another backend of this
    /// process, has revoked. It also accepts the token of a recently active user while the store fails. Revocations by this
    /// backend take effect at once: a logout, [`revoke`](crate::Backend::revoke), [`revoke_user`](crate::Backend::revoke_user),
    /// or the second use of a refresh token.
    ///
    /// Refusals and errors are never cached. At most 50,000 users are cached. Every refresh asks the store, and every request
    /// calls the function named by `revoked`. Introspection uses the cache as a guarded route does.
    pub fn revocation_staleness(self, staleness: Duration) -> Self {
        Self { revocation_staleness: staleness, ..self }
    }
}

impl<A: AuthBackend, M: Mode> Builder<A, M> {
    pub(crate) fn check_store(&self, issues: bool, mistakes: &mut Mistakes) {
        mistakes.add(store_timeout(self.store_timeout));
        mistakes.add(clocks_apart(self.clocks_apart));
        mistakes.add(max_sessions(self.max_sessions));
        mistakes.add(longest_access(self.lifetime, self.max_lifetime));
        mistakes.add(revocation_staleness(self.revocation_staleness, issues || self.store.is_some()));
    }
}

fn store_timeout(timeout: Duration) -> Mistake {
    wrong_if(timeout.is_zero(), "`store_timeout` is zero; every request would be refused")
}

fn clocks_apart(difference: Duration) -> Mistake {
    wrong_if(difference > MAX_CLOCKS_APART, "`clocks_apart` is longer than 60 seconds; synchronise the clocks")
}

fn max_sessions(sessions: usize) -> Mistake {
    if sessions == 0 {
        return Some("`max_sessions` is 0; to have no sessions, leave out `refresh_tokens`");
    }
    wrong_if(
        sessions > MAX_SESSIONS,
        "`max_sessions` is more than 250; each refresh rewrites the record of all sessions of the user",
    )
}

/// The store keeps a sign-out everywhere for 400 days, so no access token may live longer.
fn longest_access(lifetime: Duration, max: Option<Duration>) -> Mistake {
    wrong_if(
        max.unwrap_or(lifetime).as_secs() > Rules::default().longest_access,
        "`max_lifetime`, or `lifetime`, is longer than 400 days; use refresh tokens for sessions that last longer",
    )
}

fn revocation_staleness(staleness: Duration, has_store: bool) -> Mistake {
    if staleness.is_zero() {
        None
    } else if staleness < Duration::from_secs(1) {
        Some("`revocation_staleness` is shorter than a second; leave it out to ask the store on every request")
    } else if staleness > MAX_STALENESS {
        Some("`revocation_staleness` is longer than 60 seconds; a revoked token would be accepted for that long")
    } else {
        wrong_if(
            !has_store,
            "`revocation_staleness` is set, but there is no store; set one with `.store(...)`, or leave it out",
        )
    }
}

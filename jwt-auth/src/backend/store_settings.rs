//! The settings of the store and of what is kept in it, and the rules for them.

use std::sync::Arc;
use std::time::Duration;

use super::AuthBackend;
use super::build_error::Mistakes;
use super::builder::Builder;
use super::check::{Mistake, wrong_if};
use super::mode::Mode;
use crate::session::{Rules, Store};

const MAX_STALENESS: Duration = Duration::from_secs(60);
const MAX_CLOCKS_APART: Duration = Duration::from_secs(60);
const MAX_SESSIONS: usize = 250;

impl<A: AuthBackend, M> Builder<A, M> {
    /// What keeps sessions and revocations. A [`MemoryStore`](crate::MemoryStore) by default, which is for one instance
    /// and forgets with the process; a backend that only verifies has none unless it is named here, and then knows of the
    /// revocations of the service that issues.
    pub fn store(self, store: impl Store) -> Self {
        Self { store: Some(Arc::new(store)), ..self }
    }

    /// How long all calls of the store together may take that one step needs: the check of a token, a sign-in, a refresh or a
    /// sign-out. 2 seconds by default. Whoever waited is then answered 503.
    pub fn store_timeout(self, timeout: Duration) -> Self {
        Self { store_timeout: timeout, ..self }
    }

    /// How many whole seconds the clocks of two instances, or of an instance and the store, may differ. 2 by default; more than
    /// 60 is an error of `build()`. Clocks that differ by more are logged as a warning, where the store has a clock of its own
    /// (PostgreSQL and Redis). After a [`revoke_user`](crate::Backend::revoke_user), sign-ins are stale for twice as long and
    /// one second.
    pub fn clocks_apart(self, difference: Duration) -> Self {
        Self { clocks_apart: difference, ..self }
    }

    /// How many sessions with refresh tokens a user can have. 100 by default; where one more begins, the one that was refreshed
    /// longest ago ends. 0, or more than 250, is an error of `build()`. Each refresh rewrites what is kept of all sessions of
    /// its user, some 300 bytes for each, and all of them together have at most 64 KiB, which is some 200 sessions. So give a service account that runs on many machines tokens without sessions.
    pub fn max_sessions(self, sessions: usize) -> Self {
        Self { max_sessions: sessions, ..self }
    }

    /// For how many whole seconds of the clock the store is not asked again about a user whose token it said is not revoked, where
    /// asking is a round trip. 0 by default: every request asks. Less than a second or more than 60 is an error of
    /// `build()`, and so is a backend without a store.
    ///
    /// What another instance revokes, or another backend of this process, is then accepted here for so long at most, and so
    /// is a token that was just used while the store fails. What this backend revokes itself is refused at once: by a
    /// logout, by [`revoke`](crate::Backend::revoke) or [`revoke_user`](crate::Backend::revoke_user), or because a refresh
    /// token was used twice. Neither an error nor that a token is revoked is ever remembered. At most 50,000 users are.
    /// Refresh tokens, and the function named by `revoked`, are asked about every time; introspection says what a guarded
    /// route would.
    pub fn revocation_staleness(self, staleness: Duration) -> Self {
        Self { revocation_staleness: staleness, ..self }
    }
}

impl<A: AuthBackend, M: Mode> Builder<A, M> {
    pub(super) fn check_store(&self, issues: bool, mistakes: &mut Mistakes) {
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
    wrong_if(sessions == 0 || sessions > MAX_SESSIONS, "`max_sessions` is zero or more than 250")
}

/// A sign-out everywhere is remembered for as long.
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
        Some("`revocation_staleness` is shorter than a second; leave it out, and every request asks the store")
    } else if staleness > MAX_STALENESS {
        Some("`revocation_staleness` is longer than 60 seconds; a revoked token would be accepted for so long")
    } else {
        wrong_if(
            !has_store,
            "`revocation_staleness` is set and there is no store; name one with `.store(...)`, or leave it out",
        )
    }
}
